"""Third-party packages of a function: what it names and what that requires, as installed."""

import re
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

from workers.build_lambdas.errors import CannotBuild

UNUSED: Final = re.compile(
    r"(^|/)(tests?|testing|__pycache__)/|\.(pyi|pyx|pxd|c|h)$|^\.\.|^bin/|/py\.typed$"
    r"|^temporalio/(contrib/(?!pydantic|__init__)|bridge/sdk-core/|bridge/src/)"
)
"""Of no use to a function: tests, type stubs, sources of native code, scripts, caches."""
KEPT_OF_METADATA: Final = "METADATA"
"""Some packages look up their own version; nothing else of the metadata is needed."""


def distribution_files(names: Sequence[str]) -> dict[str, Path]:
    """Return the files of these distributions and of all that they require, by name in the zip.

    Raises:
        CannotBuild: one is not installed.
    """
    files: dict[str, Path] = {}
    for name in sorted(required_by(names)):
        for path in distribution(name).files or ():
            shown = path.as_posix()
            metadata = ".dist-info/" in shown
            if not UNUSED.search(shown) and (not metadata or path.name == KEPT_OF_METADATA):
                files[shown] = Path(str(path.locate()))
    return files


def required_by(names: Sequence[str]) -> frozenset[str]:
    """Return these distributions and, again and again, what they require on this platform.

    Raises:
        CannotBuild: one is not installed.
    """
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name not in found:
            found.add(name)
            waiting += _requirements(name)
    return frozenset(found)


def _requirements(name: str) -> Iterator[str]:
    # Only where functions are packed: what runs in production does without.
    from packaging.requirements import Requirement

    try:
        required = distribution(name).requires or []
    except PackageNotFoundError as error:
        message = f"{name} is not installed: run `make install`"
        raise CannotBuild(message) from error
    for text in required:
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield requirement.name
