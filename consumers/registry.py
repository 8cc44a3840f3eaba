"""Finds the consumers: every module of this package that has a `CONTRACT`."""

import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import ModuleType

import consumers
from consumers.contract import Consumer, ConsumerContract, ContractInvalid, QueueDeclaration
from consumers.needs import ConsumerPorts

Build = Callable[[ConsumerPorts], Consumer]
ReadEffect = Callable[[ConsumerPorts], Awaitable[object]]


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsumerModule:
    """One consumer as found: its promise, how to build it, how to read its effect.

    `read_effect` is a module's own, for an effect that is not in MongoDB or that holds what may
    differ between two right deliveries; None means everything in the database.
    """

    contract: ConsumerContract
    build: Build
    read_effect: ReadEffect | None = None


def discover(package: ModuleType = consumers) -> Mapping[str, ConsumerModule]:
    """Return every consumer by name. Adding one means adding a module, nothing else.

    Raises:
        ContractInvalid: a module has no `build`, or two share a name or a queue.
    """
    found: dict[str, ConsumerModule] = {}
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda info: info.name):
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        contract = getattr(module, "CONTRACT", None)
        if isinstance(contract, ConsumerContract):
            found[_free_name(contract, found)] = ConsumerModule(
                contract=contract,
                build=_build_of(module, contract),
                read_effect=getattr(module, "read_effect", None),
            )
    return found


def queue_declarations(package: ModuleType = consumers) -> tuple[QueueDeclaration, ...]:
    """Return the queues that the consumers need."""
    return tuple(found.contract.declaration() for found in discover(package).values())


def _free_name(contract: ConsumerContract, found: Mapping[str, ConsumerModule]) -> str:
    queues = {other.contract.queue for other in found.values()}
    if contract.name in found or contract.queue in queues:
        message = (
            f"consumer {contract.name!r} with queue {contract.queue!r}: "
            "another consumer has this name or queue, choose a different one"
        )
        raise ContractInvalid(message)
    return contract.name


def _build_of(module: ModuleType, contract: ConsumerContract) -> Build:
    build: Build | None = getattr(module, "build", None)
    if build is None:
        message = (
            f"consumer {contract.name!r}: {module.__name__} has a CONTRACT but no build(ports)"
        )
        raise ContractInvalid(message)
    return build
