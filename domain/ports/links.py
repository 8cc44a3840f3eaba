"""Links that stand in mails: whoever holds one may see and steer one order."""

from typing import Protocol


class LinkKeys(Protocol):
    """The keys of mailed links, one at a time per order."""

    async def key(self, order_id: str) -> str:
        """Return the key that opens the order now; the same until it is revoked.

        Raises:
            StoreUnavailable: nobody can say right now.
        """
        ...

    async def opens(self, order_id: str, key: str) -> bool:
        """Tell whether a key opens the order, in constant time.

        Raises:
            StoreUnavailable: nobody can say right now.
        """
        ...

    async def revoke(self, order_id: str) -> None:
        """Let no key given out so far open the order; the next mail holds another one.

        Raises:
            StoreUnavailable: it may not have happened.
        """
        ...
