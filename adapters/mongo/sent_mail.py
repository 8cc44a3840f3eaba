"""Which mails went out."""

from datetime import UTC, datetime, timedelta

from pymongo.errors import DuplicateKeyError

from adapters.mongo.connection import Collection, Database, guarded
from domain.errors import MailUnavailable

CLAIM = timedelta(minutes=1)
"""Above the mailer's own timeouts: whoever holds a claim for longer has died."""


class MongoSentMail:
    """Implements `SentMail`.

    A claim that lapsed is taken over: whether its holder died before or after the relay took the
    mail cannot be known, and a mail twice is better than none.
    """

    def __init__(self, db: Database, *, claim: timedelta = CLAIM) -> None:
        """Write to this database; claims lapse after `claim`."""
        self._mails: Collection = db["sent_mail"]
        self._claim = claim

    @guarded
    async def claim(self, key: str) -> bool:
        """Claim a message; False if it was marked sent already."""
        now = datetime.now(UTC)
        free = {
            "_id": key,
            "sent_at": {"$exists": False},
            "claimed_until": {"$not": {"$gt": now}},
        }
        claimed = {"$set": {"claimed_until": now + self._claim}, "$inc": {"claims": 1}}
        try:
            await self._mails.update_one(free, claimed, upsert=True)
        except DuplicateKeyError:
            found = await self._mails.find_one({"_id": key}) or {}
            if "sent_at" in found:
                return False
            message = f"{key} is being sent by another attempt"
            raise MailUnavailable(message) from None
        return True

    @guarded
    async def release(self, key: str) -> None:
        """Give a claim up. Idempotent."""
        await self._mails.update_one({"_id": key}, {"$unset": {"claimed_until": ""}})

    @guarded
    async def mark_sent(self, key: str) -> None:
        """Record that the relay took it. Idempotent: the first time stays."""
        await self._mails.update_one(
            {"_id": key}, {"$min": {"sent_at": datetime.now(UTC)}}, upsert=True
        )
