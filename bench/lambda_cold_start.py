"""What a cold start costs, and what each lever is worth: six handlers side by side.

`make bench-lambda`, or `python -m bench.lambda_cold_start`. Every run is a fresh process under
AWS's runtime interface client, from starting it to its first answer to a signed webhook, with one
message sent to a queue on loopback. All cells are measured in rounds, in a new order each round,
so that a busy machine is busy for all of them. Functions initialise at full CPU and are throttled
while they are invoked, as on Lambda.
"""

import argparse
import hashlib
import hmac
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any, Final

from rich.console import Console
from rich.progress import track

from bench.lambda_picture import draw
from bench.lambda_report import (
    BASELINE,
    FULL_MB,
    OURS,
    levers,
    levers_of,
    table_of,
    verdicts,
    verdicts_of,
)
from lambdas.functions import RECEIVERS
from sandbox.lambda_runtime.process import FLAGS, FunctionProcess, FunctionSettings
from sandbox.lambda_runtime.queue_stub import QueueStub
from sandbox.lambda_runtime.throttle import PERIOD_S, share_of
from workers.bench.machine import load_average, machine
from workers.build_lambdas.archive import bytecode
from workers.build_lambdas.build import build_one
from workers.build_lambdas.contents import ROOT, contents_of
from workers.build_lambdas.third_party import distribution_files

VARIANTS: Final = ROOT / "bench" / "lambda_variants"
RESULTS: Final = ROOT / "bench" / "results"
PICTURE: Final = ROOT / "docs" / "images" / "lambda-cold-start.svg"
SECRET: Final = "bench-secret"  # noqa: S105 - signs made-up webhooks
WARM: Final = 5
BODY: Final = json.dumps({"entity": "event", "event": "payment.captured", "payload": {}})
PACKAGES: Final = ("awslambdaric", "fastapi", "mangum", "boto3", "motor", "redis", "razorpay")
FRAMEWORK: Final = ("fastapi", "mangum", "boto3", "motor", "redis", "razorpay")
FACTS: Final = """
import json, sys
sys.path[:0] = [sys.argv[1]]
module, _, name = sys.argv[2].rpartition(".")
handle = getattr(__import__(module, fromlist=[name]), name)
class Context:
    def get_remaining_time_in_millis(self):
        return 60000
answer = handle(json.loads(sys.argv[3]), Context())
print(answer["statusCode"], len(sys.modules), flush=True)
"""
TLS: Final = """
import ssl, sys, time
began = time.perf_counter()
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.load_verify_locations(sys.argv[1]) if sys.argv[1:] else context.load_default_certs()
print(time.perf_counter() - began)
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Variant:
    """One way to write the same receiver."""

    name: str
    says: str
    handler: str
    distributions: tuple[str, ...] = ()


ORDER: Final = (
    Variant(
        name=BASELINE,
        says="FastAPI + Mangum, drivers at the top",
        handler="framework.handle",
        distributions=FRAMEWORK,
    ),
    Variant(
        name="framework, lazy",
        says="FastAPI + Mangum, drivers when needed",
        handler="framework_lazy.handle",
        distributions=FRAMEWORK,
    ),
    Variant(
        name="plain, SDK",
        says="plain handler, boto3 at the top",
        handler="plain_sdk.handle",
        distributions=("boto3",),
    ),
    Variant(
        name="plain, SDK lazy",
        says="plain handler, boto3 when needed",
        handler="plain_sdk_lazy.handle",
        distributions=("boto3",),
    ),
    Variant(name=OURS, says="plain handler, standard library", handler=RECEIVERS[0].handler),
    Variant(name="nothing", says="the runtime alone", handler="nothing.handle"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """One variant under one condition."""

    variant: Variant
    compiled: bool
    memory_mb: int

    @property
    def key(self) -> str:
        """Return its name in the result file."""
        code = "bytecode" if self.compiled else "sources"
        return f"{self.variant.name} | {code} | {self.memory_mb} MB"


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One fresh process; milliseconds and megabytes."""

    first_answer_ms: float
    init_ms: float
    first_invoke_ms: float
    cpu_ms: float
    warm_ms: float
    resident_mb: float


def main() -> None:
    """Measure, print the table, write the result and the picture."""
    options = _options()
    console = Console(width=None if sys.stdout.isatty() else 150, highlight=False)
    began, load = time.monotonic(), load_average()
    cells = [
        Cell(variant=variant, compiled=compiled, memory_mb=memory_mb)
        for memory_mb in (FULL_MB, *options.memory)
        for compiled in (True, False)
        for variant in ORDER
    ]
    with tempfile.TemporaryDirectory(prefix="orders-bench-lambda-") as name:
        tasks = prepare(Path(name))
        facts = {variant.name: _facts(variant, tasks[variant.name, True]) for variant in ORDER}
        with QueueStub() as queue:
            runs, bare = measure(cells, tasks, queue, options.runs)
        tls = _tls(tasks[OURS, True], options.runs)
        receivers = [_receiver_facts(Path(name) / "zips", each.name) for each in RECEIVERS]
    result = document(cells, runs, facts, tls, receivers) | {
        "bare": {
            name: {"first_answer_ms": _spread_of(walls), "cpu_ms": _spread_of(cpus)}
            for name, (walls, cpus) in bare.items()
        },
        "seconds": round(time.monotonic() - began, 1),
        "load_average": {"at_start": load, "at_end": load_average()},
        "runs_each": options.runs,
    }
    _write(result, options.out)
    for table in (table_of(result), levers_of(result), verdicts_of(result)):
        console.print(table)
    console.print(f"result: {_shown(options.out)}, picture: {_shown(PICTURE)}")


def prepare(folder: Path) -> dict[tuple[str, bool], Path]:
    """Lay out each variant's task folder, with bytecode and without."""
    tasks = {}
    for variant in ORDER:
        files = {**_own_files(variant), **distribution_files(variant.distributions)}
        for compiled in (True, False):
            task = folder / f"{variant.name.replace(', ', '-')}-{compiled}"
            everything = {**files, **(bytecode(files, folder) if compiled else {})}
            for name, path in everything.items():
                target = task / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
            tasks[variant.name, compiled] = task
    return tasks


def measure(
    cells: Sequence[Cell], tasks: Mapping[tuple[str, bool], Path], queue: QueueStub, rounds: int
) -> tuple[Mapping[str, Sequence[Run]], Mapping[str, tuple[list[float], list[float]]]]:
    """Run every cell once a round, in a new order each round; the first round warms the disk.

    Each round also runs each variant bare: without the runtime client, with bytecode.
    """
    runs: defaultdict[str, list[Run]] = defaultdict(list)
    bare: dict[str, tuple[list[float], list[float]]] = {each.name: ([], []) for each in ORDER}
    dice = random.Random(1)  # noqa: S311 - an order that can be repeated
    for number in track(range(rounds + 1), description="rounds", transient=True):
        for cell in dice.sample(list(cells), len(cells)):
            run = run_once(cell, tasks[cell.variant.name, cell.compiled], queue)
            if number:
                runs[cell.key].append(run)
        for variant in dice.sample(ORDER, len(ORDER)):
            wall_ms, cpu_ms = run_bare(variant, tasks[variant.name, True], queue)
            if number:
                bare[variant.name][0].append(wall_ms)
                bare[variant.name][1].append(cpu_ms)
    return runs, bare


def run_once(cell: Cell, task: Path, queue: QueueStub) -> Run:
    """Start a process, let it answer once and then a few times more."""
    settings = FunctionSettings(
        task=task,
        handler=cell.variant.handler,
        environment=_environment(queue),
        timeout_s=300,
        init_within_s=300,
        cpu_share=share_of(cell.memory_mb),
    )
    with FunctionProcess(settings) as function:
        first = function.invoke(event())
        cpu_ms, resident_mb = _cpu_ms(function.pid), _resident_mb(function.pid)
        warm = [function.invoke(event()).took_s for _ in range(WARM)]
        if first.payload["statusCode"] != 200:  # noqa: PLR2004 - HTTP
            message = f"{cell.key} answered {first.payload}: {function.log.read_text()}"
            raise SystemExit(message)
    return Run(
        first_answer_ms=first.since_spawn_s * 1000,
        init_ms=first.init_s * 1000,
        first_invoke_ms=first.took_s * 1000,
        cpu_ms=cpu_ms,
        warm_ms=median(warm) * 1000,
        resident_mb=resident_mb,
    )


def run_bare(variant: Variant, task: Path, queue: QueueStub) -> tuple[float, float]:
    """Return the milliseconds from a fresh process to its first answer, and of CPU in all.

    Nothing but Python and the handler, which is what the target speaks of.
    """
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, *FLAGS, "-c", FACTS, str(task), variant.handler, json.dumps(event())],
        env=_environment(queue), stdout=subprocess.PIPE,
    )  # fmt: skip
    with process:
        assert process.stdout is not None  # noqa: S101 - asked for a line above
        while line := process.stdout.readline():
            if line.startswith(b"200 "):
                break
        wall_ms = (time.monotonic() - began) * 1000
        process.stdout.read()
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
    return wall_ms, (usage.ru_utime + usage.ru_stime) * 1000


def event() -> dict[str, Any]:
    """Return a signed webhook as an HTTP API hands it over."""
    signature = hmac.new(SECRET.encode(), BODY.encode(), hashlib.sha256).hexdigest()
    return {
        "version": "2.0",
        "routeKey": "POST /webhooks/razorpay",
        "rawPath": "/webhooks/razorpay",
        "rawQueryString": "",
        "headers": {"content-type": "application/json", "x-razorpay-signature": signature},
        "requestContext": {
            "http": {
                "method": "POST",
                "path": "/webhooks/razorpay",
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
            },
            "stage": "$default",
        },
        "body": BODY,
        "isBase64Encoded": False,
    }


def document(
    cells: Sequence[Cell],
    runs: Mapping[str, Sequence[Run]],
    facts: Mapping[str, Mapping[str, int]],
    tls: Mapping[str, Any],
    receivers: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Return the body of the result file."""
    return {
        "at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        **machine(),
        "versions": {name: version(name) for name in PACKAGES},
        "throttle": f"SIGSTOP and SIGCONT, a period of {PERIOD_S * 1000:g} ms, invocations only",
        "variants": {each.name: {"says": each.says, **facts[each.name]} for each in ORDER},
        "cells": {
            cell.key: {
                "variant": cell.variant.name,
                "bytecode": cell.compiled,
                "memory_mb": cell.memory_mb,
                "cpu_share": round(share_of(cell.memory_mb), 3),
                **_figures(runs[cell.key]),
            }
            for cell in cells
        },
        "tls_context_ms": tls,
        "receivers": list(receivers),
    }


def _own_files(variant: Variant) -> dict[str, Path]:
    if variant.name == OURS:
        return dict(contents_of(RECEIVERS[0]).files)
    name = f"{variant.handler.partition('.')[0]}.py"
    shared = ("domain/__init__.py", "domain/webhooks.py")
    return {name: VARIANTS / name, **{each: ROOT / each for each in shared}}


def _environment(queue: QueueStub) -> dict[str, str]:
    return {
        "RAZORPAY_WEBHOOK_SECRET": SECRET,
        "WEBHOOK_INBOX_URL": queue.url,
        "AWS_ENDPOINT_URL": queue.endpoint,
        "AWS_REGION": "ap-south-1",
        "AWS_DEFAULT_REGION": "ap-south-1",
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }


def _facts(variant: Variant, task: Path) -> dict[str, int]:
    """Return how many modules a variant has loaded at its first answer, and its size."""
    with QueueStub() as queue:
        done = subprocess.run(
            [sys.executable, *FLAGS, "-c", FACTS, str(task), variant.handler, json.dumps(event())],
            env=_environment(queue), capture_output=True, text=True, check=True,
        )  # fmt: skip
    status, modules = done.stdout.split()[-2:]
    if status != "200":
        message = f"{variant.name} answered {status}"
        raise SystemExit(message)
    size = sum(path.stat().st_size for path in task.rglob("*") if path.is_file())
    return {"modules": int(modules), "bytes": size}


def _receiver_facts(folder: Path, name: str) -> dict[str, Any]:
    built = build_one(next(each for each in RECEIVERS if each.name == name), folder)
    return {"name": name, "zip_bytes": built.zip_bytes, "modules": built.modules}


def _tls(task: Path, runs: int) -> dict[str, Any]:
    """Return what it costs to be ready for TLS: with the system's roots, and with five."""
    roots = str(task / "lambdas" / "amazon_roots.pem")

    def once(*arguments: str) -> float:
        command = [sys.executable, "-I", "-S", "-c", TLS, *arguments]
        return float(subprocess.run(command, capture_output=True, check=True).stdout) * 1000

    samples = [(once(), once(roots)) for _ in range(runs)]
    return {
        "system": _spread_of([each[0] for each in samples]),
        "five": _spread_of([each[1] for each in samples]),
    }


def _figures(runs: Sequence[Run]) -> dict[str, Any]:
    names = ("first_answer_ms", "init_ms", "first_invoke_ms", "cpu_ms", "warm_ms", "resident_mb")
    return {name: _spread_of([getattr(run, name) for run in runs]) for name in names}


def _spread_of(samples: Sequence[float]) -> dict[str, float]:
    ordered = sorted(samples)
    return {
        "p50": round(median(ordered), 2),
        "min": round(ordered[0], 2),
        "max": round(ordered[-1], 2),
    }


def _cpu_ms(pid: int | None) -> float:
    """Return the CPU time of all threads: what a busy machine cannot change."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(each.read_text().split()[0]) for each in tasks) / 1e6


def _resident_mb(pid: int | None) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(each for each in status.splitlines() if each.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def _write(result: dict[str, Any], out: Path) -> None:
    result["levers"] = list(levers(result))
    result["verdicts"] = list(verdicts(result))
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_text(draw(result))


def _shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=11, help="fresh processes per cell")
    parser.add_argument(
        "--memory", type=int, nargs="*", default=[256], help="memory sizes beside full CPU, in MB"
    )
    default = RESULTS / f"{datetime.now(UTC):%Y-%m-%d}-lambda-cold-start.json"
    parser.add_argument("--out", type=Path, default=default, help="the result file")
    return parser.parse_args()


if __name__ == "__main__":
    main()
