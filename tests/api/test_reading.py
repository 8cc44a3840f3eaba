import asyncio
from dataclasses import replace

import pytest

from api import reading
from domain.attention import Attention, AttentionAction
from domain.documents import Document, DocumentKind
from domain.events import EventType
from domain.payment import Refund, RefundLine, RefundSpeed, RefundStatus
from domain.shipment import ShipmentLine
from domain.snapshot import LineCancellation
from domain.view import fold
from tests.api.shop import ShopFront, problem_type


async def test_an_order_is_read_from_the_view_alone(front: ShopFront) -> None:
    placed = await front.placed()
    response = await front.get(f"/orders/{placed['order_id']}")
    body = response.json()
    assert body["status"] == "pending_payment"
    assert body["payment_status"] == "unpaid"
    assert (body["sequence"], body["epoch"]) == (2, 1)
    assert [line["quantity"] for line in body["lines"]] == [2]
    assert sum(line["charged_paise"] for line in body["lines"]) == body["total_paise"]
    assert body["payment"] == placed["payment"]
    assert body["as_of"]
    assert "attention" not in body
    assert front.orders.called("events_since") == []
    assert front.orders.called("status") == []


async def test_each_line_says_what_became_of_its_units(front: ShopFront) -> None:
    order_id = (await front.placed())["order_id"]
    view = front.orders.views.views[order_id]
    sku = view.quote.lines[0].sku
    told = LineCancellation(
        number=1,
        shipment=1,
        lines=(ShipmentLine(sku=sku, quantity=1),),
        amount_paise=59_900,
        reason="one too many",
        by="customer",
        at=view.placed_at,
        replaced_by=2,
    )
    refund = Refund(
        number=1,
        key=f"{order_id}_refund_1",
        payment_id="pay_1",
        amount_paise=59_900,
        reason="one too many",
        status=RefundStatus.PROCESSED,
        requested_at=view.placed_at,
        speed=RefundSpeed.INSTANT,
        speed_processed=RefundSpeed.NORMAL,
        reference="ARN1",
        lines=(RefundLine(sku=sku, amount_paise=59_900),),
    )
    changed = replace(view, line_cancellations=(told,), refunds=(refund,))
    front.orders.views.views[order_id] = changed
    body = (await front.get(f"/orders/{order_id}")).json()
    (line,) = body["lines"]
    counts = {name: line[name] for name in ("cancelled", "shipped", "delivered", "returned")}
    assert counts == {"cancelled": 1, "shipped": 0, "delivered": 0, "returned": 0}
    assert (line["quantity"], line["ordered"], line["refunded_paise"]) == (2, 2, 59_900)
    (cancelled,) = body["line_cancellations"]
    assert (cancelled["lines"], cancelled["replaced_by"]) == ([{"sku": sku, "quantity": 1}], 2)
    (paid,) = body["refunds"]
    assert (paid["speed"], paid["speed_processed"]) == ("instant", "normal")
    assert (paid["reference"], paid["lines"]) == ("ARN1", [{"sku": sku, "amount_paise": 59_900}])


async def test_a_view_that_has_not_heard_of_an_order_asks_its_workflow(front: ShopFront) -> None:
    front.orders.heard = False
    placed = await front.placed()
    response = await front.get(f"/orders/{placed['order_id']}")
    assert response.status_code == 200
    assert response.json()["sequence"] == placed["sequence"]
    assert len(front.orders.called("events_since")) == 1


async def test_a_strangers_order_that_only_the_workflow_knows_is_not_found(
    front: ShopFront,
) -> None:
    front.orders.heard = False
    order_id = (await front.placed())["order_id"]
    for path in ("", "/events", "/invoices"):
        response = await front.get(f"/orders/{order_id}{path}", front.bearer("cus_other"))
        assert response.status_code == 404
        assert problem_type(response) == "order-not-found"
    cancel = await front.post(
        f"/orders/{order_id}/cancel", {"reason": "x"}, front.bearer("cus_other")
    )
    assert cancel.status_code == 404
    assert front.orders.called("cancel") == []


async def test_a_reader_never_gets_less_than_it_has_been_answered(
    front: ShopFront, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PATIENCE_S", 0.05)
    placed = await front.placed()
    front.orders.heard = False
    answer = (
        await front.post(f"/orders/{placed['order_id']}/cancel", {"reason": "changed my mind"})
    ).json()
    stale = await front.get(f"/orders/{placed['order_id']}")
    fresh = await front.get(
        f"/orders/{placed['order_id']}?min_sequence={answer['sequence']}&epoch={answer['epoch']}"
    )
    assert stale.json()["status"] == "pending_payment"
    assert fresh.json()["status"] == "cancelled"
    assert fresh.json()["sequence"] == answer["sequence"]


async def test_a_reader_sent_to_a_new_epoch_gets_it_from_the_workflow(
    front: ShopFront, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PATIENCE_S", 0.05)
    order_id = (await front.placed())["order_id"]
    front.orders.heard = False
    front.orders.states[order_id].begin_epoch()
    fresh = (await front.get(f"/orders/{order_id}?min_sequence=2&epoch=2")).json()
    assert (fresh["epoch"], fresh["sequence"]) == (2, 2)
    body = (await front.get(f"/orders/{order_id}/events?after=0&epoch=2")).json()
    assert [event["id"] for event in body["events"]] == [f"{order_id}:2:1", f"{order_id}:2:2"]


async def test_a_reader_waits_for_a_view_that_is_about_to_hear(front: ShopFront) -> None:
    placed = await front.placed()
    order_id = placed["order_id"]
    front.orders.heard = False
    await front.post(f"/orders/{order_id}/cancel", {"reason": "changed my mind"})
    waiting = asyncio.create_task(front.get(f"/orders/{order_id}?min_sequence=3"))
    await front.orders.views.was_read(times=4)
    event = front.orders.states[order_id].events[-1]
    front.orders.views.views[order_id] = fold(front.orders.views.views[order_id], event)
    assert (await waiting).json()["status"] == "cancelled"
    assert front.orders.called("events_since") == []


async def test_a_sequence_from_nowhere_is_refused(
    front: ShopFront, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PATIENCE_S", 0.01)
    placed = await front.placed()
    response = await front.get(f"/orders/{placed['order_id']}?min_sequence=99")
    assert response.status_code == 409
    assert problem_type(response) == "sequence-not-reached"
    assert response.json()["sequence"] == 2


async def test_orders_are_listed_newest_first_page_by_page(front: ShopFront) -> None:
    placed = [(await front.placed())["order_id"] for _ in range(3)]
    first = (await front.get("/orders?limit=2")).json()
    second = (await front.get(f"/orders?limit=2&before={first['next']}")).json()
    listed = [order["order_id"] for order in first["orders"] + second["orders"]]
    assert sorted(listed) == sorted(placed)
    assert second["next"] is None


async def test_nobody_elses_orders_are_listed(front: ShopFront) -> None:
    await front.placed()
    assert (await front.get("/orders", headers=front.bearer("cus_other"))).json()["orders"] == []


async def test_the_event_log_is_a_list_of_cloud_events(front: ShopFront) -> None:
    order_id = (await front.placed())["order_id"]
    body = (await front.get(f"/orders/{order_id}/events")).json()
    assert [event["type"] for event in body["events"]] == ["order_placed", "payment_requested"]
    assert [event["sequence"] for event in body["events"]] == [1, 2]
    assert body["events"][0]["id"] == f"{order_id}:1:1"
    assert (body["mode"], body["sequence"]) == ("resumed", 2)


async def test_only_the_missed_events_are_sent(front: ShopFront) -> None:
    order_id = (await front.placed())["order_id"]
    body = (await front.get(f"/orders/{order_id}/events?after=1")).json()
    assert [event["sequence"] for event in body["events"]] == [2]
    at_the_head = (await front.get(f"/orders/{order_id}/events?after=2")).json()
    assert at_the_head["events"] == []


@pytest.mark.parametrize("position", ["after=99", "after=1&epoch=2"])
async def test_a_position_that_makes_no_sense_is_reset(front: ShopFront, position: str) -> None:
    order_id = (await front.placed())["order_id"]
    body = (await front.get(f"/orders/{order_id}/events?{position}")).json()
    assert body["mode"] == "reset"
    assert body["snapshot"]["sequence"] == 2


async def test_a_position_ahead_of_the_view_is_no_reset(front: ShopFront) -> None:
    order_id = (await front.placed())["order_id"]
    front.orders.heard = False
    answer = (await front.post(f"/orders/{order_id}/cancel", {"reason": "too late"})).json()
    body = (await front.get(f"/orders/{order_id}/events?after={answer['sequence']}")).json()
    assert (body["mode"], body["events"]) == ("resumed", [])
    earlier = (await front.get(f"/orders/{order_id}/events?after=1")).json()
    assert [event["sequence"] for event in earlier["events"]] == [2]


async def test_events_that_the_log_has_not_heard_come_from_the_workflow(front: ShopFront) -> None:
    front.orders.heard = False
    order_id = (await front.placed())["order_id"]
    body = (await front.get(f"/orders/{order_id}/events")).json()
    assert [event["sequence"] for event in body["events"]] == [1, 2]


async def test_what_ops_must_do_is_not_shown_to_customers(front: ShopFront) -> None:
    order_id = (await front.placed())["order_id"]
    await front.orders.raise_attention(
        order_id,
        Attention(
            attention_id="a1",
            step="booking",
            reason="no courier takes it",
            suggestion="call the customer",
            actions=(AttentionAction.RETRY,),
            raised_at=front.clock.now(),
        ),
    )
    own = (await front.get(f"/orders/{order_id}/events?after=2")).json()["events"]
    ops = (await front.get(f"/orders/{order_id}/events?after=2", headers=front.ops)).json()
    assert own[0]["type"] == "order_attention_raised"
    assert "attention" not in own[0]["data"]
    assert ops["events"][0]["data"]["attention"]["reason"] == "no courier takes it"


async def test_invoices_lead_to_their_files_and_to_nobody_elses(front: ShopFront) -> None:
    order_id = (await front.placed())["order_id"]
    document = Document(
        number="PNQ/2627/000042",
        kind=DocumentKind.INVOICE,
        shipment=1,
        amount_paise=947_00,
        issued_at=front.clock.now(),
    )
    state = front.orders.states[order_id]
    await front.orders._emit(state, EventType.INVOICE_GENERATED, document=document)
    listed = (await front.get(f"/orders/{order_id}/invoices")).json()["invoices"]
    assert [(each["number"], each["kind"]) for each in listed] == [("PNQ/2627/000042", "invoice")]
    for path in (listed[0]["url"], f"/orders/{order_id}/invoices/PNQ%2F2627%2F000042"):
        response = await front.get(path)
        assert response.status_code == 307
        assert response.headers["location"].startswith(
            "https://files.test/documents/PNQ/2627/000042.pdf"
        )
    stranger = await front.get(listed[0]["url"], headers=front.bearer("cus_other"))
    assert stranger.status_code == 404
    other_number = await front.get(f"/orders/{order_id}/invoices/PNQ/2627/000043")
    assert other_number.status_code == 404
