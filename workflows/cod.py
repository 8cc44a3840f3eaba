"""Cash on its way: the courier collects it at the door and remits it days later, maybe in parts."""

from datetime import datetime
from functools import partial

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.delivery import (
        DeliveryActivities,
        LookUpRemittanceInput,
        LookUpRemittanceResult,
    )
    from domain.attention import AttentionAction
    from domain.events import EventType
    from domain.money import format_inr
    from domain.payment import EntryKind, PaymentEntry
    from domain.ports import Remittance
    from domain.shipment import Shipment
    from workflows import policies
    from workflows.calls import remote
    from workflows.desk import Desk

_STEP = "remittance"


class Cash:
    """What the courier owes for an order's parcels: asked for until it is here or written off."""

    def __init__(self, desk: Desk) -> None:
        """Collect at this desk."""
        self._desk = desk
        self._state = desk.state
        self._asking: set[str] = set()
        self._quiet_until: dict[str, datetime] = {}

    async def look(self) -> None:
        """Ask the courier for the cash that is out, and a person for what is short or overdue."""
        for parcel in self._parcels_with_cash_out():
            told = await self._desk.insist(_STEP, partial(_ask_for, parcel))
            if told and told.remittance:
                self._record(parcel, told.remittance)
            if self._is_questionable(parcel.awb or ""):
                self._desk.aside(self._question(parcel))

    def _record(self, parcel: Shipment, remittance: Remittance) -> None:
        """Book a remittance once per UTR; another sum under a known UTR is for a person."""
        awb, reference = parcel.awb or "", f"{parcel.awb}:{remittance.utr}"
        known = self._sum(EntryKind.COD_REMITTED, reference)
        if known:
            if known != remittance.amount_paise:
                self._tell(parcel, f"changed UTR {remittance.utr} from {format_inr(known)}", known)
            return
        entry = PaymentEntry(
            kind=EntryKind.COD_REMITTED,
            amount_paise=remittance.amount_paise,
            reference=reference,
            at=remittance.at,
        )
        self._state.ledger = self._state.ledger.record(entry)
        self._desk.outbox.emit(EventType.COD_REMITTED, payment=entry)
        if awb not in self._state.ledger.cash_outstanding:
            self._desk.settle(_STEP, f"parcel {parcel.number}:", "the courier has paid the rest")
            over = self._remitted(awb) - self._sum(EntryKind.COD_COLLECTED, awb)
            if over > 0:
                self._tell(parcel, f"remitted {format_inr(over)} too much", over)

    def _tell(self, parcel: Shipment, what: str, paise: int) -> None:
        self._desk.tell_ops(
            "cash",
            f"parcel {parcel.number}: the courier {what}",
            f"Settle the {format_inr(paise)} with the courier, then skip with a note.",
        )

    def _is_questionable(self, awb: str) -> bool:
        """Tell whether a person has to ask the courier: it paid too little, or not in time."""
        if awb in self._asking or awb not in self._state.ledger.cash_outstanding:
            return False
        if quiet_until := self._quiet_until.get(awb):
            return workflow.now() >= quiet_until
        overdue = workflow.now() >= self._collected_at(awb) + policies.REMITTANCE_OVERDUE
        return overdue or self._remitted(awb) > 0

    async def _question(self, parcel: Shipment) -> None:
        """Ask whether to wait for the rest or to write it off."""
        awb = parcel.awb or ""
        self._asking.add(awb)
        answer = await self._desk.ask_ops(
            _STEP,
            f"parcel {parcel.number}: the courier remitted {format_inr(self._remitted(awb))} "
            f"of {format_inr(self._sum(EntryKind.COD_COLLECTED, awb))}",
            "Settle the difference with the courier. Retry to wait for the rest, or skip with a "
            "note to write it off.",
            (AttentionAction.RETRY, AttentionAction.SKIP),
        )
        self._asking.discard(awb)
        self._quiet_until[awb] = workflow.now() + policies.REMITTANCE_PATIENCE
        if answer.action is AttentionAction.SKIP:
            self._write_off(awb, answer.note)

    def _write_off(self, awb: str, note: str | None) -> None:
        entry = PaymentEntry(
            kind=EntryKind.COD_WRITTEN_OFF,
            amount_paise=self._state.ledger.cash_outstanding[awb],
            reference=awb,
            at=workflow.now(),
            reason=note,
        )
        self._state.ledger = self._state.ledger.record(entry)
        self._desk.outbox.emit(EventType.COD_REMITTED, payment=entry)

    def _parcels_with_cash_out(self) -> list[Shipment]:
        outstanding = self._state.ledger.cash_outstanding
        return [parcel for parcel in self._state.shipments.values() if parcel.awb in outstanding]

    def _sum(self, kind: EntryKind, reference: str) -> int:
        entries = self._state.ledger.entries
        return sum(e.amount_paise for e in entries if (e.kind, e.reference) == (kind, reference))

    def _remitted(self, awb: str) -> int:
        """Return what the courier has paid for a parcel in all, over every UTR."""
        entries = self._state.ledger.entries
        return sum(
            e.amount_paise
            for e in entries
            if e.kind is EntryKind.COD_REMITTED and e.reference.split(":")[0] == awb
        )

    def _collected_at(self, awb: str) -> datetime:
        entries = self._state.ledger.entries
        return min(e.at for e in entries if (e.kind, e.reference) == (EntryKind.COD_COLLECTED, awb))


async def _ask_for(parcel: Shipment) -> LookUpRemittanceResult:
    return await remote(
        DeliveryActivities.look_up_remittance,
        LookUpRemittanceInput(courier_order_id=parcel.courier_order_id or ""),
        queue=policies.DELIVERY_QUEUE,
        summary=f"ask for the cash of parcel {parcel.number}",
    )
