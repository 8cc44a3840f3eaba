"""How each backing service is started and asked whether it is ready."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from workers.stack import binaries
from workers.stack.ports import LOOPBACK
from workers.stack.process import ProcessSpec
from workers.stack.readiness import (
    Probe,
    http_probe,
    json_status_probe,
    mongodb_probe,
    redis_probe,
    temporal_probe,
)

AWS_REGION: Final = "ap-south-1"
SEARCH_ATTRIBUTES: Mapping[str, str] = {
    "OrderStatus": "Keyword",
    "PaymentStatus": "Keyword",
    "CustomerId": "Keyword",
    "OrderTotalPaise": "Int",
    "PaymentMethod": "Keyword",
    "Attention": "Keyword",
    "PromisedBy": "Datetime",
}
# Twice what a cold start took on two busy cores; a service that is slower has a problem.
READY_DEADLINE_S = 30.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Service:
    """One child of the stack: what runs, which ports it takes, when it is ready.

    ``needs`` names the services that must be ready before. ``restart`` says whether the
    supervisor starts it again when it dies: our own processes yes, databases no (their death
    means trouble that a restart would hide). A ``one_shot`` is ready when it has ended well.
    ``remedy`` is shown when it does not start.
    """

    spec: ProcessSpec
    probe: Probe
    ports: Mapping[str, int] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    deadline_s: float = READY_DEADLINE_S
    restart: bool = False
    one_shot: bool = False
    remedy: str = ""

    @property
    def name(self) -> str:
        """The child's name."""
        return self.spec.name


@dataclass(frozen=True, kw_only=True, slots=True)
class Folders:
    """Where one stack keeps its files."""

    root: Path

    def of(self, service: str) -> Path:
        """The service's own folder, created if missing."""
        path = self.root / service
        path.mkdir(parents=True, exist_ok=True)
        return path

    def log(self, service: str) -> Path:
        """The service's log file."""
        return self.of("logs") / f"{service}.log"


def mongodb(port: int, folders: Folders, *, cache_gb: float = 0.25) -> Service:
    """A one-node replica set. ``cache_gb`` bounds the storage engine's cache."""
    argv = (
        str(binaries.MONGOD.find()),
        *("--dbpath", str(folders.of("mongodb")), "--port", str(port), "--bind_ip", LOOPBACK),
        *("--replSet", "rs0", "--nounixsocket", "--wiredTigerCacheSizeGB", str(cache_gb)),
        *("--setParameter", "diagnosticDataCollectionEnabled=false"),
    )
    spec = ProcessSpec(name="mongodb", argv=argv, log_path=folders.log("mongodb"))
    return Service(
        spec=spec,
        probe=mongodb_probe(LOOPBACK, port),
        ports={"mongodb": port},
        remedy=_damage_remedy(folders.of("mongodb")),
    )


def mongodb_url(port: int) -> str:
    """The URL of the embedded MongoDB; direct, as its address changes with the port."""
    return f"mongodb://{LOOPBACK}:{port}/?directConnection=true"


def redis(port: int, folders: Folders) -> Service:
    """Redis without persistence: it carries live announcements, which the log can replace."""
    argv = (
        str(binaries.REDIS_SERVER.find()),
        *("--port", str(port), "--bind", LOOPBACK, "--dir", str(folders.of("redis"))),
        *("--save", "", "--appendonly", "no"),
    )
    spec = ProcessSpec(name="redis", argv=argv, log_path=folders.log("redis"))
    return Service(spec=spec, probe=redis_probe(LOOPBACK, port), ports={"redis": port})


def redis_url(port: int) -> str:
    """The URL of the embedded Redis."""
    return f"redis://{LOOPBACK}:{port}/0"


def ministack(port: int, folders: Folders) -> Service:
    """SNS, SQS and S3; S3 objects are written to disk at each put."""
    env = {
        **os.environ,
        "BIND_HOST": LOOPBACK,
        "MINISTACK_HOST": LOOPBACK,
        "GATEWAY_PORT": str(port),
        "SERVICES": "sns,sqs,s3",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(folders.of("aws/s3")),
        "STATE_DIR": str(folders.of("aws/state")),
        "MINISTACK_REGION": AWS_REGION,
        "LOG_LEVEL": "WARNING",
        "TMPDIR": str(folders.of("aws/tmp")),
        # A proxy or a container engine of the machine is none of its business.
        "DOCKER_HOST": f"tcp://{LOOPBACK}:1",
    }
    spec = ProcessSpec(
        name="aws",
        argv=(str(binaries.MINISTACK.find()),),
        log_path=folders.log("aws"),
        env=env,
    )
    probe = http_probe(f"http://{LOOPBACK}:{port}/_ministack/ready")
    return Service(spec=spec, probe=probe, ports={"aws": port})


def moto(port: int, folders: Folders) -> Service:
    """The second AWS emulator, for contract tests only."""
    spec = ProcessSpec(
        name="moto",
        argv=(str(binaries.MOTO_SERVER.find()), "-H", LOOPBACK, "-p", str(port)),
        log_path=folders.log("moto"),
    )
    return Service(
        spec=spec, probe=http_probe(f"http://{LOOPBACK}:{port}/moto-api/"), ports={"moto": port}
    )


def aws_url(port: int) -> str:
    """The endpoint URL of an AWS emulator."""
    return f"http://{LOOPBACK}:{port}"


def temporal(
    port: int, folders: Folders, *, ui_port: int | None, persistent: bool = True
) -> Service:
    """The Temporal dev server with our search attributes; without a UI if ``ui_port`` is None."""
    ui = ("--headless",) if ui_port is None else ("--ui-port", str(ui_port), "--ui-ip", LOOPBACK)
    database = folders.of("temporal") / "temporal.db"
    attributes = [
        part
        for name, kind in SEARCH_ATTRIBUTES.items()
        for part in ("--search-attribute", f"{name}={kind}")
    ]
    argv = (
        str(binaries.TEMPORAL.find()),
        *("server", "start-dev", "--ip", LOOPBACK, "--port", str(port), *ui),
        *("--log-level", "warn", *attributes),
        *(("--db-filename", str(database)) if persistent else ()),
    )
    if ui_port is not None:
        argv = (*argv, "--ui-disable-news-fetch")
    spec = ProcessSpec(name="temporal", argv=argv, log_path=folders.log("temporal"))
    ports = {"temporal": port} | ({} if ui_port is None else {"temporal_ui": ui_port})
    return Service(
        spec=spec,
        probe=temporal_probe(f"{LOOPBACK}:{port}"),
        ports=ports,
        remedy=_damage_remedy(database.parent),
    )


def mail_sink(smtp_port: int, http_port: int, folders: Folders) -> Service:
    """A mail server that keeps every message and shows them on a page."""
    argv = (
        *(sys.executable, "-m", "workers.stack.mail_sink"),
        *("--smtp-port", str(smtp_port), "--http-port", str(http_port)),
        *("--folder", str(folders.of("mail"))),
    )
    spec = ProcessSpec(
        name="mail",
        argv=argv,
        log_path=folders.log("mail"),
        cwd=Path(__file__).resolve().parents[2],
    )
    return Service(
        spec=spec,
        probe=json_status_probe(f"http://{LOOPBACK}:{http_port}/readyz", "status", "ready"),
        ports={"smtp": smtp_port, "mail": http_port},
    )


def smtp_url(port: int) -> str:
    """The URL of the mail sink's SMTP listener."""
    return f"smtp://{LOOPBACK}:{port}"


def _damage_remedy(folder: Path) -> str:
    return (
        f"if the log speaks of damaged or foreign data in {folder}: move it away, "
        "or start with another --data folder"
    )
