"""A recorder of every API call, so that a test can count side effects."""

import json
from collections import deque
from collections.abc import Mapping

KEPT = 50_000
"""Calls kept; older ones are dropped (their number stays in `total`)."""

SECRET_FIELDS = frozenset({"password", "token", "card"})
RECORDED_HEADERS = frozenset({"x-refund-idempotency", "user-agent", "content-type"})


class RequestRecorder:
    """Calls in the order in which they arrived, without credentials."""

    def __init__(self) -> None:
        self.total = 0
        self._records: deque[dict[str, object]] = deque(maxlen=KEPT)

    def begin(
        self,
        *,
        at: float,
        method: str,
        path: str,
        query: str,
        body: bytes,
        headers: Mapping[str, str],
    ) -> dict[str, object]:
        """Record a call at its arrival; the returned record is completed with `end`."""
        self.total += 1
        record: dict[str, object] = {
            "number": self.total,
            "at": at,
            "method": method,
            "path": path,
            "query": query,
            "body": _readable(body),
            "headers": {name: headers[name] for name in headers if name in RECORDED_HEADERS},
            "status": None,
            "fault": None,
        }
        self._records.append(record)
        return record

    @staticmethod
    def end(record: dict[str, object], *, status: int | None, fault: str | None) -> None:
        """Complete a record: the status the server decided on (None: never handled), the fault."""
        record["status"] = status
        record["fault"] = fault

    def select(
        self, *, method: str | None = None, path: str | None = None, after: int = 0
    ) -> list[dict[str, object]]:
        """Return the calls of a method, with a path prefix, after a call number; all by default."""
        return [
            record
            for record in self._records
            if _number(record) > after
            and (method is None or record["method"] == method)
            and (path is None or str(record["path"]).startswith(path))
        ]


def _number(record: Mapping[str, object]) -> int:
    number = record["number"]
    return number if isinstance(number, int) else 0


def _readable(body: bytes) -> object:
    if not body:
        return None
    try:
        return _masked(json.loads(body))
    except ValueError:
        return body[:2000].decode("utf-8", "replace")


def _masked(value: object) -> object:
    if isinstance(value, dict):
        return {
            name: "***" if name in SECRET_FIELDS else _masked(inner)
            for name, inner in value.items()
        }
    return [_masked(inner) for inner in value] if isinstance(value, list) else value
