"""What every fake can do: record calls, and fail when a test says so."""

from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One call of a port: its method and what it was given."""

    method: str
    arguments: dict[str, Any]


@dataclass
class Recorder:
    """Calls in their order, and the failures that a test has planned.

    ``fail`` raises before the effect: the service was away. ``lose_answer`` raises after it: the
    service did it and nobody heard.
    """

    calls: list[Call] = field(default_factory=list)
    _before: dict[str, list[Exception]] = field(default_factory=lambda: defaultdict(list))
    _after: dict[str, list[Exception]] = field(default_factory=lambda: defaultdict(list))

    def fail(self, method: str, error: Exception, times: int = 1) -> None:
        """Let the next calls of a method fail without effect."""
        self._before[method].extend([error] * times)

    def lose_answer(self, method: str, error: Exception, times: int = 1) -> None:
        """Let the next calls of a method take effect and fail all the same."""
        self._after[method].extend([error] * times)

    def will_fail(self, method: str) -> bool:
        """Tell whether a failure of this method is planned."""
        return bool(self._before[method] or self._after[method])

    def called(self, method: str) -> list[dict[str, Any]]:
        """Return what each call of a method was given."""
        return [call.arguments for call in self.calls if call.method == method]

    @asynccontextmanager
    async def _call(self, method: str, **arguments: Any) -> AsyncIterator[None]:
        self.calls.append(Call(method=method, arguments=arguments))
        if self._before[method]:
            raise self._before[method].pop(0)
        yield
        if self._after[method]:
            raise self._after[method].pop(0)
