"""Building the views anew from the log, beside the live ones."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from domain.events import OrderEvent
from domain.ports.events import OrderViews, Position


class NextViews(Protocol):
    """What a writer of views has to know of a build."""

    async def under_construction(self) -> OrderViews | None:
        """Return the views that are being built and have to be written first, or None.

        The answer may be a second old.
        """
        ...


class ViewBuilds(Protocol):
    """One build at a time: begin, fill, switch."""

    async def begin(self) -> OrderViews:
        """Return empty views to fill; from now on writers write them too, before the live ones.

        What an earlier build left behind is removed.

        Raises:
            ImpossibleStep: another build is under way; says since when and what to do.
        """
        ...

    async def keep_live(self) -> None:
        """Keep a copy of the live views as they are, in the place of an earlier copy."""
        ...

    async def switch(self) -> None:
        """Put the new views in the place of the live ones, in one step that no reader notices."""
        ...

    async def end(self) -> None:
        """Tell writers that no build is under way, and remove what is left of it. Idempotent."""
        ...


class WholeLog(Protocol):
    """The log of all orders, for a build."""

    async def page(self, after: tuple[str, Position] | None, limit: int) -> Sequence[OrderEvent]:
        """Return events by order, epoch and sequence, from after a place on."""
        ...

    async def moved_since(self, moment: datetime) -> Sequence[str]:
        """Return the orders whose workflow has published since a moment."""
        ...


class NoBuild:
    """Implements `NextViews` where nothing is ever built."""

    async def under_construction(self) -> OrderViews | None:
        """Return None."""
        return None
