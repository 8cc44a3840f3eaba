"""What was read of Razorpay's settlements, and the reports that were made of it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from secrets import token_hex

from pymongo import ASCENDING

from adapters.mongo.connection import Collection as MongoCollection
from adapters.mongo.connection import Database, Document, guarded
from domain.ports.reconciliation import SettlementDay
from domain.reconciliation import ReconciliationReport
from domain.settlement import Settlement, SettlementRow
from domain.wire import from_json, to_json


class MongoSettlementBooks:
    """Implements `SettlementBooks`.

    A day's rows are written beside those of an earlier reading, then the day's document points to
    them: a reader sees one reading or the other, never half of each.
    """

    def __init__(self, db: Database) -> None:
        """Write to this database, whose indexes exist."""
        self._days: MongoCollection = db["settlement_days"]
        self._rows: MongoCollection = db["settlement_rows"]

    @guarded
    async def keep(self, settled: SettlementDay, read_at: datetime) -> None:
        """Keep a day in the place of what an earlier reading found. Idempotent."""
        day, reading = settled.day.isoformat(), token_hex(8)
        rows = [{"day": day, "reading": reading, "row": to_json(row)} for row in settled.rows]
        if rows:
            await self._rows.insert_many(rows, ordered=False)
        fields = {
            "read_at": read_at,
            "reading": reading,
            "payouts": [to_json(one) for one in settled.payouts],
        }
        await self._days.update_one({"_id": day}, {"$set": fields}, upsert=True)
        await self._rows.delete_many({"day": day, "reading": {"$ne": reading}})

    @guarded
    async def read_at(self, days: Collection[date]) -> Mapping[date, datetime]:
        """Return when these days were read last; unread ones are absent."""
        wanted = [day.isoformat() for day in days]
        found = self._days.find({"_id": {"$in": wanted}}, {"read_at": 1})
        return {date.fromisoformat(each["_id"]): each["read_at"] async for each in found}

    @guarded
    async def rows(self, first: date, last: date) -> Sequence[SettlementRow]:
        """Return the rows settled from one day to another, both included."""
        span = {"$gte": first.isoformat(), "$lte": last.isoformat()}
        days = self._days.find({"_id": span}, {"reading": 1}).sort("_id", ASCENDING)
        rows: list[SettlementRow] = []
        async for day in days:
            found = self._rows.find({"day": day["_id"], "reading": day["reading"]})
            rows += [from_json(SettlementRow, each["row"]) async for each in found]
        return rows

    @guarded
    async def payouts(self, day: date) -> Sequence[Settlement]:
        """Return the payouts of a day."""
        found = await self._days.find_one({"_id": day.isoformat()}, {"payouts": 1})
        return [from_json(Settlement, one) for one in found["payouts"]] if found else []


class MongoReconciliationReports:
    """Implements `ReconciliationReports`: one document per day."""

    def __init__(self, db: Database) -> None:
        """Write to this database."""
        self._reports: MongoCollection = db["reconciliation_reports"]

    @guarded
    async def save(self, report: ReconciliationReport, at: datetime) -> None:
        """Store a report in the place of an earlier one of its day. Idempotent."""
        document: Document = {
            "clean": report.clean,
            "differences": len(report.differences),
            "made_at": at,
            "report": to_json(report),
        }
        day = {"_id": report.day.isoformat()}
        await self._reports.replace_one(day, {**day, **document}, upsert=True)

    @guarded
    async def load(self, day: date) -> ReconciliationReport | None:
        """Return the report of a day, or None if it was never made."""
        found = await self._reports.find_one({"_id": day.isoformat()}, {"report": 1})
        return from_json(ReconciliationReport, found["report"]) if found else None
