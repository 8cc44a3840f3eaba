"""How much moves, and how late we hear of it: figures over the last minute, and per minute."""

from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from domain.events import EventType, OrderEvent
from domain.wire import JSON

MINUTE: Final = timedelta(minutes=1)
MINUTES_SHOWN: Final = 30
COUNTED: Final = {
    EventType.ORDER_PLACED: "placed",
    EventType.DELIVERY_DELIVERED: "delivered",
}


class Figures:
    """Counts what is announced; `now` is always the caller's."""

    def __init__(self, since: datetime) -> None:
        """Begin to count."""
        self._since = since
        self._heard: deque[tuple[datetime, float, str]] = deque()
        self._per_minute: deque[int] = deque([0], maxlen=MINUTES_SHOWN)
        self._minute_began = since

    def hear(self, events: Sequence[OrderEvent], now: datetime) -> None:
        """Count events that were announced just now."""
        self._turn(now)
        for event in events:
            late_s = max(0.0, (now - event.time).total_seconds())
            self._heard.append((now, late_s, COUNTED.get(event.type, "")))
        self._per_minute[-1] += len(events)

    def document(self, now: datetime) -> JSON:
        """Return the figures; a lag is only told where something was heard."""
        self._turn(now)
        while self._heard and self._heard[0][0] <= now - MINUTE:
            self._heard.popleft()
        lags = sorted(late_s for _, late_s, _ in self._heard)
        kinds = [kind for _, _, kind in self._heard]
        return {
            "since": self._since.isoformat(),
            "events_per_min": len(lags),
            "placed_per_min": kinds.count("placed"),
            "delivered_per_min": kinds.count("delivered"),
            "events_by_minute": list(self._per_minute),
            "lag_ms": {"p50": _share(lags, 0.5), "p99": _share(lags, 0.99)} if lags else None,
        }

    def _turn(self, now: datetime) -> None:
        while now - self._minute_began >= MINUTE:
            self._minute_began += MINUTE
            self._per_minute.append(0)


def _share(ascending: Sequence[float], share: float) -> int:
    return round(ascending[min(len(ascending) - 1, int(len(ascending) * share))] * 1000)
