"""Runs in a fresh process: loads a function's module and says what came along, as JSON.

Standard library only. A forbidden import ends the process at once, from however deep, and the
answer holds the chain of modules that led there.
"""

import importlib
import json
import sys
from collections.abc import Iterator, Sequence
from types import FrameType, ModuleType
from typing import Any


class Forbidden(BaseException):
    """Not an `Exception`: libraries try optional imports and shrug their failure off."""

    def __init__(self, chain: list[str]) -> None:
        super().__init__(" → ".join(chain))
        self.chain = chain


class Guard:
    """Refuses what is forbidden; hides what is installed here but not packed with the function."""

    def __init__(self, *, forbidden: frozenset[str], packed: frozenset[str], strict: bool) -> None:
        """With `strict`, whatever is not packed is refused instead of hidden."""
        self._forbidden = forbidden
        self._packed = packed
        self._strict = strict

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> None:
        """Let the module pass on to the other finders, or refuse it.

        Raises:
            ModuleNotFoundError: it will not be there; libraries do without their optional imports.
        """
        root = name.partition(".")[0]
        foreign = not (
            root in self._packed
            or root in sys.stdlib_module_names
            or root.startswith("_sysconfigdata")  # the standard library's, named by platform
        )
        if root in self._forbidden or name in self._forbidden or (foreign and self._strict):
            raise Forbidden([*_importers(), name])
        if foreign:
            message = f"No module named {name!r}"
            raise ModuleNotFoundError(message, name=name)


def _importers() -> list[str]:
    """Return the modules that are being loaded now, outermost first."""
    return list(dict.fromkeys(reversed(list(_frames(sys._getframe(2))))))  # noqa: SLF001


def _frames(frame: FrameType | None) -> Iterator[str]:
    while frame is not None:
        name = str(frame.f_globals.get("__name__", ""))
        if not name.startswith("importlib") and name not in ("__main__", ""):
            yield name
        frame = frame.f_back


def loaded(module: str) -> dict[str, Any]:
    """Load a module and return every module that is loaded then, with its file."""
    importlib.import_module(module)
    return {name: getattr(each, "__file__", None) for name, each in sorted(sys.modules.items())}


def main() -> None:
    """Read what to load from stdin, write what came along to stdout."""
    wanted = json.load(sys.stdin)
    sys.path[:0] = wanted["path"]
    guard = Guard(
        forbidden=frozenset(wanted["forbidden"]),
        packed=frozenset(wanted["packed"]),
        strict=wanted["strict"],
    )
    sys.meta_path.insert(0, guard)
    try:
        answer: dict[str, Any] = {"modules": loaded(wanted["module"])}
    except Forbidden as error:
        answer = {"chain": error.chain}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
