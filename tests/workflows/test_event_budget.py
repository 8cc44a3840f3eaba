"""What one order costs the Temporal server, and what its history tells to whoever may read it."""

from collections import Counter
from dataclasses import fields, replace
from itertools import pairwise

import pytest
from google.protobuf.message import Message
from temporalio.api.common.v1 import Payloads
from temporalio.api.enums.v1 import EventType as HistoryEventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.sdk.v1 import WorkflowMetadata

from domain.events import SUBJECTS, EventType
from domain.status import TRANSITIONS, OrderStatus
from tests.workflows.house import HAPPY, TERMS, Handle, House, eventually

BUDGET = 90
ONE_TASK = 3
"""Hand-over and webhook bring the same news; the second may cost a workflow task of its own."""

QUICK = replace(TERMS, payment_window_s=3, late_payment_window_s=0, return_window_s=4)
"""In proportion to production, where the return window outlasts the one for late payments."""

IN_EVERY_EVENT = {"status", "payment_status", "customer_id"}

PERSONAL = [b"Asha", b"Rao", b"asha@example.com", b"9876543210", b"MG Road"]


async def _published(house: House, event_type: EventType) -> None:
    """Wait until an event is out: a courier's scans come hours apart, never in one task."""

    async def out() -> bool:
        return event_type in [event.type for event in house.published()]

    await eventually(out, f"{event_type} published")


async def _deliver(house: House, *, handover: bool) -> Handle:
    """Live one prepaid order of one parcel from checkout to its delivery."""
    answer, handle = await house.check_out(await house.placement(terms=QUICK))
    assert answer.payment is not None
    if handover:
        signed = house.gateway.pay(answer.payment.razorpay_order_id)
        await house.orders.confirm_payment(answer.order_id, signed)
        await house.tell(answer.order_id, signed.razorpay_payment_id)
    else:
        await house.pay(answer)
    await _published(house, EventType.DELIVERY_PACKED)
    for state in HAPPY:
        await house.move(answer.order_id, state)
        await _published(house, EventType(f"delivery_{state}"))
    return handle


async def _history(handle: Handle) -> list[HistoryEvent]:
    return [event async for event in handle.fetch_history_events()]


@pytest.mark.parametrize(
    ("handover", "budget"),
    [(False, BUDGET), (True, BUDGET + ONE_TASK)],
    ids=["webhook", "handover-and-webhook"],
)
async def test_an_order_from_checkout_to_its_end_stays_within_its_budget(
    house: House, handover: bool, budget: int, capsys: pytest.CaptureFixture[str]
) -> None:
    handle = await _deliver(house, handover=handover)
    assert await handle.result() is OrderStatus.COMPLETED
    history = await _history(handle)

    counts = Counter(HistoryEventType.Name(event.event_type) for event in history)
    with capsys.disabled():
        print(f"\n{len(history)} history events of {budget}")  # noqa: T201  # the figure to watch
        for name, count in counts.most_common():
            print(f"{count:5}  {name.removeprefix('EVENT_TYPE_').lower()}")  # noqa: T201
    assert len(history) <= budget
    published = house.published()
    assert len(published) >= 12
    assert [event.sequence for event in published] == list(range(1, len(published) + 1))
    assert EventType.INVOICE_GENERATED in [event.type for event in published]
    assert len(house.register.documents) == 1
    assert len({mail.key for mail in house.mail.mails}) == 4


async def test_nothing_but_payloads_holds_personal_data(house: House) -> None:
    handle = await _deliver(house, handover=True)
    history = await _history(handle)
    whole = b"".join(event.SerializeToString() for event in history)
    assert all(each in whole for each in PERSONAL), "the payloads do hold it"

    for event in history:
        _forget_payloads(event)
    bare = b"".join(event.SerializeToString() for event in history)
    assert "₹".encode() in bare, "the static summary is looked at too"
    assert b"OrderStatus" in bare, "and the search attributes"
    assert b"parcel_shipped" in bare, "and the summaries of activities"
    assert [each for each in PERSONAL if each in bare] == []


async def test_the_live_details_in_the_ui_hold_no_personal_data(house: House) -> None:
    handle = await _deliver(house, handover=False)
    told = await handle.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
    shown = told.current_details.encode()
    assert b"Delivered" in shown
    assert [each for each in PERSONAL if each in shown] == []


async def test_each_event_of_an_order_fits_the_tables_of_the_domain(house: House) -> None:
    await _deliver(house, handover=True)
    published = house.published()
    for event in published:
        carried = {
            each.name for each in fields(event.data) if getattr(event.data, each.name) is not None
        }
        assert carried - IN_EVERY_EVENT == SUBJECTS[event.type], event.id
    for old, new in pairwise(event.data.status for event in published):
        assert old is new or new in TRANSITIONS[old]


def _forget_payloads(message: Message) -> None:
    """Empty what the payload codec will encrypt: arguments, results and details, at any depth.

    Summaries, search attributes, memos and failures' texts are no `Payloads`, and stay.
    """
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        is_map = field.message_type.GetOptions().map_entry
        values = list(value.values()) if is_map else value if field.is_repeated else [value]
        for each in values:
            if isinstance(each, Payloads):
                each.Clear()
            elif isinstance(each, Message):
                _forget_payloads(each)
