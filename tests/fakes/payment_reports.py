"""What Razorpay reports, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone

from domain.errors import PaymentRejected
from domain.payment import GatewayDispute
from domain.settlement import Settlement, SettlementRow
from tests.fakes.recording import Recorder

IST = timezone(timedelta(hours=5, minutes=30))


@dataclass
class FakePaymentReports(Recorder):
    """A ``PaymentReports`` over lists that a test fills."""

    rows: list[SettlementRow] = field(default_factory=list)
    paid_out: list[Settlement] = field(default_factory=list)
    known_disputes: list[GatewayDispute] = field(default_factory=list)

    async def settlement_rows(self, day: date) -> Sequence[SettlementRow]:
        async with self._call("settlement_rows", day=day):
            return [row for row in self.rows if row.settled_at.astimezone(IST).date() == day]

    async def settlements(self, since: datetime, until: datetime) -> Sequence[Settlement]:
        async with self._call("settlements", since=since, until=until):
            found = [one for one in self.paid_out if since <= one.at <= until]
            return sorted(found, key=lambda one: one.at)

    async def dispute(self, dispute_id: str) -> GatewayDispute:
        async with self._call("dispute", dispute_id=dispute_id):
            for one in self.known_disputes:
                if one.dispute_id == dispute_id:
                    return one
            message = "there is no such dispute"
            raise PaymentRejected(message)

    async def disputes(self, since: datetime) -> Sequence[GatewayDispute]:
        async with self._call("disputes", since=since):
            found = [one for one in self.known_disputes if one.at >= since]
            return sorted(found, key=lambda one: one.at)
