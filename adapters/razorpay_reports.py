"""Razorpay's reports behind the port `PaymentReports`: settlements, their rows, disputes."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import TypeVar

from adapters.razorpay_calls import RazorpayCalls, read_pages
from adapters.razorpay_entities import read_dispute, read_settlement, read_settlement_row
from domain.errors import PaymentRejected
from domain.payment import GatewayDispute
from domain.settlement import Settlement, SettlementRow

TIMEOUT_S = (3.0, 30.0)
"""To connect and between two bytes: nobody waits for a report, and a full day is a long answer."""
THREADS = 2
PAGE = 100
RECON_PAGE = 1000

Told = TypeVar("Told", Settlement, GatewayDispute)


class RazorpayReports:
    """What Razorpay knows about the account's balance. Only reads.

    Args:
        base_url: without `/v1`.
        key_id: of the account.
        key_secret: authenticates calls.
        timeout_s: to connect, and to read, in seconds.
    """

    def __init__(
        self,
        base_url: str,
        key_id: str,
        key_secret: str,
        *,
        timeout_s: tuple[float, float] = TIMEOUT_S,
    ) -> None:
        """Start nothing yet."""
        self._calls = RazorpayCalls(
            base_url, (key_id, key_secret), timeout_s=timeout_s, threads=THREADS
        )

    def close(self) -> None:
        """End the threads; calls under way are waited for."""
        self._calls.close()

    async def settlement_rows(self, day: date) -> Sequence[SettlementRow]:
        """Return the rows settled on an Indian calendar day, every page of them."""
        query = {"year": day.year, "month": day.month, "day": day.day}
        rows = await self._calls.ask(
            lambda client: [
                read_settlement_row(item)
                for item in read_pages(client.settlement.report, size=RECON_PAGE, query=query)
            ],
            refusal=PaymentRejected,
        )
        # A settlement made while the pages were read moves rows onto the next page: once is enough.
        return list({(row.entity_id, row.settlement_id): row for row in rows}.values())

    async def settlements(self, since: datetime, until: datetime) -> Sequence[Settlement]:
        """Return the payouts made between two moments, oldest first."""
        query = {"from": int(since.timestamp()), "to": int(until.timestamp())}
        found = await self._calls.ask(
            lambda client: [
                read_settlement(item)
                for item in read_pages(client.settlement.all, size=PAGE, query=query)
            ],
            refusal=PaymentRejected,
        )
        return _oldest_first({one.settlement_id: one for one in found}.values())

    async def dispute(self, dispute_id: str) -> GatewayDispute:
        """Return a dispute as it now is."""
        return await self._calls.ask(
            lambda client: read_dispute(client.dispute.fetch(dispute_id, {})),
            refusal=PaymentRejected,
        )

    async def disputes(self, since: datetime) -> Sequence[GatewayDispute]:
        """Return the disputes opened since a moment, oldest first."""
        # This list documents no `from`; disputes are few enough to be read whole.
        found = await self._calls.ask(
            lambda client: [
                read_dispute(item) for item in read_pages(client.dispute.all, size=PAGE, query={})
            ],
            refusal=PaymentRejected,
        )
        return _oldest_first({one.dispute_id: one for one in found if one.at >= since}.values())


def _oldest_first(found: Iterable[Told]) -> list[Told]:
    """Turn Razorpay's order, which is newest first; within a second its own order decides."""
    told = list(found)
    told.reverse()
    return sorted(told, key=lambda one: one.at)
