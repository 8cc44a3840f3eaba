"""How much may wait for one connection."""

from collections.abc import Callable

from tracking.following.batch import Batch


class Backlog:
    """Counts what waits for a connection, over all its orders."""

    __slots__ = ("_bytes", "_frames", "_most_bytes", "_most_frames", "_tell")

    def __init__(
        self, most_frames: int, most_bytes: int, tell: Callable[[int], None] = lambda _: None
    ) -> None:
        """Allow so many frames and bytes; `tell` hears by how many frames it grew or shrank."""
        self._tell = tell
        self._most_frames, self._most_bytes = most_frames, most_bytes
        self._frames = self._bytes = 0

    def take(self, batch: Batch) -> bool:
        """Count a batch that is to wait; False, and nothing counted, if there is no room."""
        if self._frames + 1 > self._most_frames or self._bytes + batch.weight > self._most_bytes:
            return False
        self._frames += 1
        self._bytes += batch.weight
        self._tell(1)
        return True

    def give_back(self, batch: Batch) -> None:
        """Count a batch as gone."""
        self._frames -= 1
        self._bytes -= batch.weight
        self._tell(-1)
