"""Which mails went out."""

from datetime import UTC, datetime

from adapters.mongo.connection import Collection, Database, guarded


class MongoSentMail:
    """Implements `SentMail`.

    A claim that was never marked sent is taken over at once: whether its sender died before or
    after the relay took the mail cannot be known, and a mail twice is better than none.
    """

    def __init__(self, db: Database) -> None:
        """Write to this database."""
        self._mails: Collection = db["sent_mail"]

    @guarded
    async def claim(self, key: str) -> bool:
        """Claim a message; False if it was marked sent already."""
        found = await self._mails.find_one_and_update(
            {"_id": key},
            {"$set": {"claimed_at": datetime.now(UTC)}, "$inc": {"claims": 1}},
            upsert=True,
            return_document=True,
        )
        return "sent_at" not in found

    @guarded
    async def mark_sent(self, key: str) -> None:
        """Record that the relay took it. Idempotent: the first time stays."""
        await self._mails.update_one(
            {"_id": key}, {"$min": {"sent_at": datetime.now(UTC)}}, upsert=True
        )
