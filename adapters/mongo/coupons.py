"""Coupons' budgets, and which order took how much of them."""

from datetime import UTC, datetime

from pymongo.errors import DuplicateKeyError

from adapters.mongo.catalogue import read_coupon
from adapters.mongo.connection import Collection, Database, Document, Session, guarded
from adapters.mongo.transactions import in_transaction
from domain.catalogue import indian_day
from domain.errors import CouponRefused, ImpossibleStep


class MongoCoupons:
    """Budgets that are never overdrawn. Implements `Coupons`.

    An order's redemption keeps its document after it was given back, so a late retry of `redeem`
    finds it and takes nothing.
    """

    def __init__(self, db: Database) -> None:
        """Write to this database, whose indexes exist."""
        self._db = db
        self._coupons: Collection = db["coupons"]
        self._redemptions: Collection = db["coupon_redemptions"]

    @guarded
    async def redeem(
        self, order_id: str, code: str, discount_paise: int, at: datetime, life: int = 1
    ) -> None:
        """Take a discount from the coupon's budget. Idempotent by order and life.

        Raises:
            CouponRefused: unknown, not valid at this time, or the budget does not suffice.
            ImpossibleStep: this life's discount was given back already.
        """
        taken = {
            "code": code,
            "discount_paise": discount_paise,
            "restored": False,
            "life": life,
            "at": datetime.now(UTC),
        }

        async def work(session: Session) -> None:
            found = await self._redemptions.find_one({"_id": order_id}, session=session)
            if found is not None and found.get("life", 1) >= life:
                _refuse_restored(found, life)
                return
            await self._grant(code, discount_paise, at, session)
            if found is None:
                await self._redemptions.insert_one({"_id": order_id, **taken}, session=session)
            else:
                await self._redemptions.update_one(
                    {"_id": order_id}, {"$set": taken}, session=session
                )

        try:
            await in_transaction(self._db, work)
        except DuplicateKeyError:  # a repeat or the undo was quicker: its document decides
            await in_transaction(self._db, work)

    @guarded
    async def restore(self, order_id: str, life: int = 1) -> None:
        """Give the order's discount back to the budget. Idempotent, also if never redeemed."""

        async def work(session: Session) -> None:
            found = await self._redemptions.find_one({"_id": order_id}, session=session)
            if found is not None and found.get("life", 1) > life:
                return
            taken: Document | None = await self._redemptions.find_one_and_update(
                {"_id": order_id},
                {"$set": {"restored": True, "life": life}},
                upsert=True,
                session=session,
            )
            if taken is not None and not taken["restored"]:
                await self._coupons.update_one(
                    {"_id": taken["code"]},
                    {"$inc": {"granted_paise": -taken["discount_paise"]}},
                    session=session,
                )

        try:
            await in_transaction(self._db, work)
        except DuplicateKeyError:  # a redemption came in between
            await in_transaction(self._db, work)

    async def _grant(self, code: str, discount_paise: int, at: datetime, session: Session) -> None:
        # Written before it is judged, so that of two orders side by side one waits for the other.
        found: Document | None = await self._coupons.find_one_and_update(
            {"_id": code}, {"$inc": {"granted_paise": discount_paise}}, session=session
        )
        if found is None:
            message = f"there is no coupon {code[:40]!r}"
            raise CouponRefused(message)
        if refusal := read_coupon(found).refusal(discount_paise, indian_day(at)):
            raise CouponRefused(refusal)


def _refuse_restored(redemption: Document, life: int) -> None:
    if redemption["restored"] and redemption.get("life", 1) == life:
        message = f"the discount of order {redemption['_id']} was given back; it cannot be retaken"
        raise ImpossibleStep(message)
