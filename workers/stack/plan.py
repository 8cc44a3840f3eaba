"""Which services one stack runs, on which ports, and with which environment."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from workers.stack import services
from workers.stack.emulated_aws import EMULATOR_CREDENTIALS
from workers.stack.errors import StackError
from workers.stack.given import given_services, refuse_silent_services
from workers.stack.ports import (
    LOOPBACK,
    StackPorts,
    free_port,
    port_names,
    port_setting,
    refuse_taken_port,
)
from workers.stack.process import ProcessSpec
from workers.stack.readiness import (
    POLL_S,
    Probe,
    http_probe,
    nothing_to_ask,
)
from workers.stack.services import Folders, Service

PROJECT_ROOT = Path(__file__).resolve().parents[2]
OWN_PROCESS_DEADLINE_S = 60.0
VANISH_S = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class StackPlan:
    """What will run. ``environment`` is that of our processes, ``addresses`` goes to people."""

    services: tuple[Service, ...]
    environment: Mapping[str, str]
    addresses: Mapping[str, str]

    def listeners(self) -> dict[str, int]:
        """Every port that the stack opens."""
        return {name: port for each in self.services for name, port in each.ports.items()}

    def refuse_taken_ports(self) -> None:
        """Check all ports before anything starts.

        A stack that was killed a moment ago gets a second to vanish.

        Raises:
            StackError: names each taken port with its setting.
        """
        until = time.monotonic() + VANISH_S
        while problems := list(self._taken_ports()):
            if time.monotonic() > until:
                raise StackError("\n".join(problems))
            time.sleep(POLL_S)

    def _taken_ports(self) -> Iterator[str]:
        for name, port in self.listeners().items():
            try:
                refuse_taken_port(name, port)
            except StackError as error:
                yield str(error)


def plan_stack(
    env: Mapping[str, str],
    dev_secrets: Mapping[str, str],
    ports: StackPorts,
    root: Path,
    *,
    services_only: bool = False,
) -> StackPlan:
    """Decide for each service whether it is started here or was given by URL.

    ``env`` is the environment of the command; ``services_only`` leaves out our own processes.

    Raises:
        StackError: a program is missing, or a service given by URL does not answer.
    """
    given = given_services(env)
    environment = _environment(env, dev_secrets, ports, root, given)
    refuse_silent_services(environment, given)
    folders = Folders(root=root)
    planned = [*_backing_services(ports, folders, given), *_sandboxes(environment, folders, given)]
    if not services_only:
        planned += _own_processes(environment, folders, _names(planned))
    return StackPlan(
        services=tuple(planned),
        environment=environment,
        addresses=_addresses(environment, ports),
    )


def _environment(
    env: Mapping[str, str],
    dev_secrets: Mapping[str, str],
    ports: StackPorts,
    root: Path,
    given: frozenset[str],
) -> dict[str, str]:
    chosen = {port_setting(name): str(getattr(ports, name)) for name in port_names()}
    defaults = {
        "ORDERS_API_URL": f"http://{LOOPBACK}:{ports.api}",
        "ORDERS_TRACKING_URL": f"http://{LOOPBACK}:{ports.tracking}",
        "TEMPORAL_ADDRESS": f"{LOOPBACK}:{ports.temporal}",
        "TEMPORAL_UI_URL": f"http://{LOOPBACK}:{ports.temporal_ui}",
        "MONGODB_URL": services.mongodb_url(ports.mongodb),
        "REDIS_URL": services.redis_url(ports.redis),
        "AWS_ENDPOINT_URL": services.aws_url(ports.aws),
        "AWS_REGION": services.AWS_REGION,
        "AWS_DEFAULT_REGION": services.AWS_REGION,
        "SMTP_URL": services.smtp_url(ports.smtp),
        "RAZORPAY_BASE_URL": f"http://{LOOPBACK}:{ports.razorpay_sandbox}",
        "SHIPROCKET_BASE_URL": f"http://{LOOPBACK}:{ports.courier_sandbox}/v1/external",
        "ORDERS_AUTO_PACK": "1",
        "PYTHONUNBUFFERED": "1",
        **dev_secrets,
        **({} if "aws" in given else EMULATOR_CREDENTIALS),
    }
    named = {name: value for name, value in env.items() if value.strip()}
    return {**defaults, **named, **chosen, "ORDERS_DATA_DIR": str(root)}


def _backing_services(ports: StackPorts, folders: Folders, given: frozenset[str]) -> list[Service]:
    build: Mapping[str, Callable[[], Service]] = {
        "temporal": lambda: services.temporal(ports.temporal, folders, ui_port=ports.temporal_ui),
        "mongodb": lambda: services.mongodb(ports.mongodb, folders),
        "redis": lambda: services.redis(ports.redis, folders),
        "aws": lambda: services.ministack(ports.aws, folders),
        "mail": lambda: services.mail_sink(ports.smtp, ports.mail, folders),
    }
    return [make() for name, make in build.items() if name not in given]


def _sandboxes(
    environment: Mapping[str, str], folders: Folders, given: frozenset[str]
) -> list[Service]:
    api_url = environment["ORDERS_API_URL"]
    extra = {
        "razorpay": {
            "RAZORPAY_WEBHOOK_URL": f"{api_url}/webhooks/razorpay",
            "RAZORPAY_SANDBOX_DATA": str(folders.of("razorpay_sandbox") / "razorpay.db"),
        },
        "courier": {
            "COURIER_WEBHOOK_URL": f"{api_url}/webhooks/courier",
            "COURIER_SANDBOX_DATA": str(folders.of("courier_sandbox") / "courier.db"),
        },
    }
    found = []
    for name, variables in extra.items():
        service, port = f"{name}_sandbox", int(environment[port_setting(f"{name}_sandbox")])
        if service not in given:
            process = _own_process(
                service, ("sandbox", name), {**variables, **environment}, folders
            )
            probe = http_probe(f"http://{LOOPBACK}:{port}/_control/faults")
            found.append(replace(process, probe=probe, ports={service: port}))
    return found


def _own_processes(
    environment: Mapping[str, str], folders: Folders, backing: tuple[str, ...]
) -> list[Service]:
    def one_shot(name: str, needs: tuple[str, ...]) -> Service:
        service = _own_process(name, (name,), environment, folders, needs)
        return replace(service, probe=nothing_to_ask, one_shot=True, restart=False)

    def background(name: str) -> Service:
        port = free_port()
        variables = {**environment, "ORDERS_HEALTH_PORT": str(port)}
        service = _own_process(name, (name, "all"), variables, folders, ("provision",))
        return replace(service, probe=_ready_page(port))

    def server(name: str) -> Service:
        port = int(environment[port_setting(name)])
        service = _own_process(name, (name,), environment, folders, ("provision",))
        return replace(service, probe=_ready_page(port), ports={name: port})

    return [
        one_shot("provision", backing),
        one_shot("seed", ("provision",)),
        background("worker"),
        background("consumer"),
        server("api"),
        server("tracking"),
    ]


def _own_process(
    name: str,
    command: tuple[str, ...],
    environment: Mapping[str, str],
    folders: Folders,
    needs: tuple[str, ...] = (),
) -> Service:
    spec = ProcessSpec(
        name=name,
        argv=(sys.executable, "-m", "workers.cli", *command),
        log_path=folders.log(name),
        env=environment,
        cwd=PROJECT_ROOT,
    )
    return Service(
        spec=spec,
        probe=nothing_to_ask,
        needs=needs,
        deadline_s=OWN_PROCESS_DEADLINE_S,
        restart=True,
    )


def _ready_page(port: int) -> Probe:
    return http_probe(f"http://{LOOPBACK}:{port}/readyz")


def _names(planned: Iterable[Service]) -> tuple[str, ...]:
    return tuple(each.name for each in planned)


def _addresses(environment: Mapping[str, str], ports: StackPorts) -> dict[str, str]:
    courier = urlsplit(environment["SHIPROCKET_BASE_URL"])
    return {
        "api": environment["ORDERS_API_URL"],
        "tracking": environment["ORDERS_TRACKING_URL"],
        "temporal": environment["TEMPORAL_ADDRESS"],
        "temporal_ui": environment["TEMPORAL_UI_URL"],
        "mongodb": environment["MONGODB_URL"],
        "redis": environment["REDIS_URL"],
        "aws": environment["AWS_ENDPOINT_URL"],
        "razorpay_sandbox": environment["RAZORPAY_BASE_URL"],
        "courier_sandbox": f"{courier.scheme}://{courier.netloc}",
        "mail": f"http://{LOOPBACK}:{ports.mail}",
    }
