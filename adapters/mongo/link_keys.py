"""Keys of mailed links: derived from a secret, so that no store holds anything worth stealing."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from typing import Final

from adapters.mongo.connection import Collection, Database, guarded

LABEL: Final = "tracking link v1"
"""Keeps these apart from everything else that is made with the same secret."""
KEY_BYTES: Final = 18
FIRST_GENERATION: Final = 0


class MongoLinkKeys:
    """Implements `LinkKeys`. Only orders with a revoked link have a document: its generation."""

    def __init__(self, db: Database, secret: str) -> None:
        """Read generations from this database; derive keys from this secret."""
        self._revoked: Collection = db["link_keys"]
        self._secret = secret.encode()

    @guarded
    async def key(self, order_id: str) -> str:
        """Return the key that opens the order now."""
        return link_key(self._secret, order_id, await self._generation(order_id))

    @guarded
    async def opens(self, order_id: str, key: str) -> bool:
        """Tell whether a key opens the order."""
        expected = link_key(self._secret, order_id, await self._generation(order_id))
        return hmac.compare_digest(expected.encode(), key.encode())

    @guarded
    async def revoke(self, order_id: str) -> None:
        """Let no key given out so far open the order."""
        change = {"$inc": {"generation": 1}, "$set": {"revoked_at": datetime.now(UTC)}}
        await self._revoked.update_one({"_id": order_id}, change, upsert=True)

    async def _generation(self, order_id: str) -> int:
        found = await self._revoked.find_one({"_id": order_id}) or {}
        generation: int = found.get("generation", FIRST_GENERATION)
        return generation


def link_key(secret: bytes, order_id: str, generation: int) -> str:
    """Return the key of one generation: 24 characters that fit into an address as they are."""
    said = f"{LABEL}\0{order_id}\0{generation}".encode()
    digest = hmac.new(secret, said, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:KEY_BYTES]).decode()
