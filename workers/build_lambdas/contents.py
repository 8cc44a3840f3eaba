"""What belongs into a function's zip: found by loading it in a fresh process."""

import json
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from lambdas.functions import Function
from workers.build_lambdas.errors import CannotBuild
from workers.build_lambdas.third_party import distribution_files

ROOT = Path(__file__).resolve().parents[2]
PROBE = Path(__file__).with_name("probe.py")
OWN = (
    "domain", "workflows", "activities", "adapters", "consumers", "tracking", "api", "workers",
    "lambdas", "sandbox",
)  # fmt: skip
DATA = {"lambdas.queue_sender": ("amazon_roots.pem",)}
"""Files that modules read beside their own."""
PROBED_WITH: Mapping[str, str] = {"AWS_LAMBDA_RUNTIME_API": "nowhere", "AWS_REGION": "ap-south-1"}
STAND_IN = "http://127.0.0.1:1/0/probe"
WHY = (
    "Functions start at once because they carry no server framework and load nothing that they do "
    "not use: the platform's first version lost 6 to 9 s to every cold start that way. Take the "
    "import out of that chain, or do this work in a server; docs/lambda-cold-start.md says more."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Contents:
    """A function's files by their names in the zip, and every module that it loads."""

    files: Mapping[str, Path]
    modules: tuple[str, ...]


def contents_of(function: Function, root: Path = ROOT) -> Contents:
    """Return what a function needs, having checked what it loads.

    Raises:
        CannotBuild: it loads what it must not, too much of it, or it cannot be loaded at all.
    """
    third_party = distribution_files(function.distributions)
    loaded = probe(function, root)
    if function.most_modules is not None and len(loaded) > function.most_modules:
        message = (
            f"{function.name} loads {len(loaded)} modules; the limit is {function.most_modules}. "
            f"{WHY}"
        )
        raise CannotBuild(message)
    files = {
        path.relative_to(root).as_posix(): path
        for name, file in loaded.items()
        if name.partition(".")[0] in OWN and file
        for path in (Path(file), *(Path(file).with_name(each) for each in DATA.get(name, ())))
    }
    return Contents(files=dict(sorted({**files, **third_party}.items())), modules=tuple(loaded))


def probe(function: Function, root: Path = ROOT) -> Mapping[str, str | None]:
    """Return the modules that a function loads while it initialises, each with its file.

    Raises:
        CannotBuild: a module that it must not load is among them, or it cannot be loaded.
    """
    wanted = {
        "module": function.module,
        "path": [str(root), *([sysconfig.get_paths()["purelib"]] if function.third_party else [])],
        "packed": [*OWN, *_roots(distribution_files(function.distributions))],
        "strict": not function.third_party,
        "forbidden": sorted(function.forbidden),
    }
    settings = {name: STAND_IN for name in function.settings if "MONGODB" not in name}
    env = {**PROBED_WITH, **settings, **_addresses(function), **function.variables}
    done = subprocess.run(
        [sys.executable, "-s", "-S", "-B", "-P", str(PROBE)],
        input=json.dumps(wanted), env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        message = f"{function.name} cannot be loaded:\n{done.stderr[-2000:]}"
        raise CannotBuild(message)
    answer = json.loads(done.stdout)
    if "chain" in answer:
        raise CannotBuild(_refusal(function, answer["chain"]))
    own = {"__main__", PROBE.stem}
    return {name: file for name, file in answer["modules"].items() if name not in own}


def _roots(files: Iterable[str]) -> set[str]:
    return {name.partition("/")[0].partition(".")[0] for name in files}


def _addresses(function: Function) -> dict[str, str]:
    known = {
        "MONGODB_URL": "mongodb://127.0.0.1:1/?directConnection=true",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "TEMPORAL_ADDRESS": "127.0.0.1:1",
        "MONGODB_DATABASE": "probe",
        "TEMPORAL_NAMESPACE": "probe",
    }
    return {name: known[name] for name in function.settings if name in known}


def _refusal(function: Function, chain: list[str]) -> str:
    kind = "it" if function.third_party else "anything beyond the standard library"
    return (
        f"{function.name} cannot be built: it loads {chain[-1]} and must not load {kind}.\n"
        f"  {' → '.join(chain)}\n{WHY}"
    )
