"""Keys of mailed links, in memory."""

from collections import Counter


class FakeLinkKeys:
    """Implements `LinkKeys`."""

    def __init__(self) -> None:
        self.revoked: Counter[str] = Counter()

    async def key(self, order_id: str) -> str:
        return f"{order_id}-key-{self.revoked[order_id]}"

    async def opens(self, order_id: str, key: str) -> bool:
        return key == await self.key(order_id)

    async def revoke(self, order_id: str) -> None:
        self.revoked[order_id] += 1
