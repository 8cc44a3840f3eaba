"""The page without its script: first paint, session, headers; and the rules it follows."""

import asyncio
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from domain.events import EventType
from domain.payment import PaymentOrder, PaymentStatus
from domain.shipment import Shipment, ShipmentState
from domain.status import OrderStatus
from tests.fakes.samples import ADDRESS, NOON, random_order_id, sample_events, sample_view
from tests.tracking.house import House
from tests.tracking.serving import serving
from tracking.pages.actions import offered
from tracking.pages.assets import FOLDER
from tracking.pages.formats import moment, rupees
from tracking.pages.hero import promised
from tracking.pages.rendering import order_page
from tracking.pages.story import Entry, entries_of, newest_first, reached
from tracking.pages.wording import EVENTS, LATE, PARCELS, PAYMENTS, SILENT, STATUSES

PAYMENT_ORDER = PaymentOrder(
    razorpay_order_id="order_1",
    key_id="rzp_test_1",
    amount_paise=100,
    expires_at=NOON + timedelta(minutes=30),
)


@pytest.mark.parametrize(
    ("paise", "text"),
    [
        (0, "₹0"),
        (99_900, "₹999"),
        (1_49_900, "₹1,499"),
        (1_23_456_50, "₹1,23,456.50"),
        (12_34_56_789_00, "₹12,34,56,789"),
        (-5_005, "-₹50.05"),
    ],
)
def test_money_is_grouped_as_in_india(paise: int, text: str) -> None:
    assert rupees(paise) == text


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (datetime(2026, 11, 23, 12, 0, tzinfo=UTC), "Mon 23 Nov, 5:30 pm"),
        (datetime(2026, 11, 22, 18, 35, tzinfo=UTC), "Mon 23 Nov, 12:05 am"),
        (datetime(2026, 3, 1, 6, 30, tzinfo=UTC), "Sun 1 Mar, 12:00 pm"),
    ],
)
def test_moments_are_told_in_indian_time(at: datetime, text: str) -> None:
    assert moment(at) == text


def test_every_state_has_its_words() -> None:
    assert STATUSES.keys() == set(OrderStatus)
    assert PARCELS.keys() == set(ShipmentState)
    assert PAYMENTS.keys() == set(PaymentStatus)
    assert EVENTS.keys() | SILENT == set(EventType)
    assert not EVENTS.keys() & SILENT


def entry(sequence: int, status: OrderStatus, minute: int) -> Entry:
    at = datetime(2026, 11, 23, 12, minute, tzinfo=UTC)
    return Entry(sequence=sequence, type="order_placed", time=at, status=status, note="")


def test_progress_never_goes_back() -> None:
    entries = [
        entry(1, OrderStatus.PENDING_PAYMENT, 0),
        entry(2, OrderStatus.PACKED, 1),
        entry(3, OrderStatus.CANCELLED, 2),
    ]
    assert max(reached(entries, OrderStatus.CANCELLED)) == 2
    assert reached([], OrderStatus.SHIPPED) == {0: None, 1: None, 2: None, 3: None}


def test_a_late_scan_finds_its_place_by_when_it_happened() -> None:
    late = entry(3, OrderStatus.SHIPPED, 1)
    entries = [entry(1, OrderStatus.PACKED, 0), entry(2, OrderStatus.DELIVERED, 9), late]
    assert [each.sequence for each in newest_first(entries)] == [2, 3, 1]


async def test_the_first_paint_is_complete_without_scripts() -> None:
    house = House()
    story = await house.order(3)
    async with serving(house) as running, httpx.AsyncClient(base_url=running.url) as http:
        http.cookies.set("tracking", house.token())
        answer = await http.get(f"/track/{story.order_id}")
    assert answer.status_code == 200
    page = answer.text
    for text in (story.order_id, "Order placed", ADDRESS.line1, "₹1,198", "What happened"):
        assert text in page
    state = state_of(page)
    assert state["since"] == {"epoch": 1, "sequence": 3}
    assert [each["sequence"] for each in state["entries"]] == [1, 2, 3]


def state_of(page: str) -> Any:
    found = re.search(r'<script type="application/json" id="state">(.*?)</script>', page)
    assert found
    return json.loads(found[1])


async def test_what_people_wrote_cannot_become_markup() -> None:
    house = House()
    evil = "</script><img src=x onerror=alert(1)>"
    story = await house.order(1)
    await story.commit(story.emit(padding=evil))
    view = house.views.views[story.order_id]
    page = order_page(view, entries_of(story.events), NOON)
    assert "<img src=x" not in page
    assert state_of(page)["entries"][1]["note"].endswith(evil)


async def test_strangers_see_a_place_to_say_who_they_are_and_nothing_else() -> None:
    house = House()
    story = await house.order(1)
    expired = house.token(lifetime=timedelta(seconds=-5))
    async with serving(house) as running, httpx.AsyncClient(base_url=running.url) as http:
        for cookies in ({}, {"tracking": "junk"}, {"tracking": expired}):
            http.cookies = httpx.Cookies(cookies)
            answer = await http.get(f"/track/{story.order_id}")
            assert answer.status_code == 200
            assert 'action="/session"' in answer.text
            assert ADDRESS.line1 not in answer.text


async def test_unknown_and_foreign_orders_look_the_same() -> None:
    house = House()
    foreign = await house.order(1, customer_id="cus_somebody_else")
    async with serving(house) as running, httpx.AsyncClient(base_url=running.url) as http:
        http.cookies.set("tracking", house.token())
        paths = (foreign.order_id, random_order_id(), "<script>")
        answers = [await http.get(f"/track/{each}") for each in paths]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert len({answer.text for answer in answers}) == 1


async def test_a_token_becomes_a_cookie_that_no_script_can_read() -> None:
    house = House(public_url="https://track.shop.example", secure_cookies=True)
    async with serving(house) as running, httpx.AsyncClient(base_url=running.url) as http:
        answer = await http.post("/session", json={"token": house.token()})
        assert answer.status_code == 204
        cookie = answer.headers["set-cookie"]
    for part in ("HttpOnly", "SameSite=lax", "Secure", "Path=/"):
        assert part in cookie
    age = int(re.findall(r"Max-Age=(\d+)", cookie)[0])
    assert 3500 <= age <= 3600


async def test_the_form_leads_back_to_the_order_and_nowhere_else() -> None:
    house = House()
    story = await house.order(1)
    async with serving(house) as running, httpx.AsyncClient(base_url=running.url) as http:
        fields = {"token": house.token(), "next": f"/track/{story.order_id}"}
        answer = await http.post("/session", data=fields)
        assert (answer.status_code, answer.headers["location"]) == (303, fields["next"])
        for elsewhere in ("https://evil.example/", "//evil.example", "/track/../x", ""):
            answer = await http.post("/session", data={**fields, "next": elsewhere})
            assert "location" not in answer.headers


async def test_a_bad_session_is_refused_with_its_reason() -> None:
    house = House()
    async with serving(house) as running, httpx.AsyncClient(base_url=running.url) as http:
        bodies: tuple[Any, ...] = ({"token": "x"}, {"token": 7}, {}, [])
        for body in bodies:
            answer = await http.post("/session", json=body)
            assert (answer.status_code, bool(answer.json()["detail"])) == (401, True)
        assert (await http.post("/session", content=b"{")).status_code == 401
        assert (await http.post("/session", content=b"x" * 10_000)).status_code == 413
        answer = await http.post("/session", data={"token": "<b>"})
        assert (answer.status_code, "set-cookie" in answer.headers) == (401, False)
        foreign = {"Origin": "https://evil.example"}
        answer = await http.post("/session", json={"token": house.token()}, headers=foreign)
        assert answer.status_code == 403


async def test_the_cookie_and_the_header_open_the_socket_too() -> None:
    house = House()
    story = await house.order(1)
    token = house.token()
    async with serving(house) as running:
        for header in ({"Cookie": f"tracking={token}"}, {"Authorization": f"Bearer {token}"}):
            async with running.connect(additional_headers=header) as client:
                await client.hello(None, story.order_id)
                assert (await client.until_live()).mode == "snapshot"


async def test_pages_carry_strict_headers_and_files_are_cached_for_ever() -> None:
    house = House()
    async with serving(house) as running, httpx.AsyncClient(base_url=running.url) as http:
        page = await http.get(f"/track/{random_order_id()}")
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["x-content-type-options"] == "nosniff"
        assert page.headers["referrer-policy"] == "no-referrer"
        for address in re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text):
            file = await http.get(address)
            assert (file.status_code, "immutable" in file.headers["cache-control"]) == (200, True)
        assert (await http.get("/static/../app.py")).status_code == 404
        module = await http.get("/static/live.js")
        assert module.headers["access-control-allow-origin"] == "*"
        assert module.headers["cache-control"] == "no-cache"


def test_the_page_stays_light() -> None:
    events = sample_events(20)
    page = order_page(sample_view(events), entries_of(events), NOON)
    wall = {"wall.js", "wall.css"}
    files = sum(path.stat().st_size for path in FOLDER.iterdir() if path.name not in wall)
    assert files + len(page.encode()) < 60_000


def test_a_promise_says_how_near_it_is_and_when_it_was_not_kept() -> None:
    view = sample_view(sample_events(1))
    unpaid = replace(view, payment_order=PAYMENT_ORDER)
    assert promised(unpaid, NOON) == ("Pay before Mon 23 Nov, 6:00 pm", False)
    road = replace(view, status=OrderStatus.SHIPPED, promised_by=NOON + timedelta(days=1))
    assert promised(road, NOON) == ("Expected by Tue 24 Nov, tomorrow", False)
    assert promised(road, NOON + timedelta(days=1, hours=-1))[0] == "Expected by Tue 24 Nov, today"
    late = promised(road, NOON + timedelta(days=2))
    assert late == (LATE.format("Tue 24 Nov"), True)
    assert promised(replace(road, status=OrderStatus.DELIVERED), NOON) == ("", False)


@pytest.mark.parametrize(
    ("status", "parcels", "names"),
    [
        (OrderStatus.PENDING_PAYMENT, (), ["cancel"]),
        (OrderStatus.CONFIRMED, (ShipmentState.BOOKED,), ["cancel"]),
        (OrderStatus.PACKED, (ShipmentState.SHIPPED, ShipmentState.PACKED), ["cancel"]),
        (OrderStatus.CONFIRMED, (ShipmentState.SHIPPED,), []),
        (OrderStatus.SHIPPED, (ShipmentState.SHIPPED,), []),
        (OrderStatus.CANCELLED, (), []),
    ],
)
def test_only_what_the_order_allows_is_offered(
    status: OrderStatus, parcels: tuple[ShipmentState, ...], names: list[str]
) -> None:
    shipments = tuple(
        Shipment(number=n, warehouse="PNQ", lines=(), state=state, reference=f"r{n}")
        for n, state in enumerate(parcels, start=1)
    )
    view = replace(sample_view(sample_events(1)), status=status, shipments=shipments)
    assert [action.name for action in offered(view)] == names


async def test_health_tells_what_is_missing() -> None:
    house = House()

    async def away() -> None:
        message = "secret address"
        raise ConnectionError(message)

    house.deps.health["redis"] = away  # type: ignore[index]  # the test's own dictionary
    async with serving(house) as running, httpx.AsyncClient(base_url=running.url) as http:
        assert (await http.get("/healthz")).json() == {"status": "ok"}
        answer = await http.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["missing"] == ["redis"]
        assert "secret" not in answer.text
        del house.deps.health["redis"]  # type: ignore[attr-defined]  # as above
        assert (await http.get("/readyz")).status_code == 200
        running.service.connections.draining = True
        assert (await http.get("/readyz")).json()["missing"] == ["process"]
        assert "orders_tracking_connections" in (await http.get("/metrics")).text


async def test_a_broken_feed_fails_readiness() -> None:
    house = House()
    async with serving(house) as running, httpx.AsyncClient(base_url=running.url) as http:
        assert (await http.get("/readyz")).status_code == 200
        await house.deps.subscription.stop()
        async with asyncio.timeout(3):
            while (answer := await http.get("/readyz")).status_code == 200:
                pass
        assert set(answer.json()["missing"]) == {"process", "live_feed"}
