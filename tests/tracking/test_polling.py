"""Reading the log over plain HTTP: the same verdicts as over the other transports; documents."""

from dataclasses import replace

import httpx
import pytest

from domain.documents import Document, DocumentKind
from tests.fakes.samples import NOON, random_order_id
from tests.tracking.house import House
from tests.tracking.serving import serving


@pytest.mark.parametrize(
    ("query", "mode", "sequences"),
    [
        ("", "snapshot", []),
        ("?after=0", "resumed", [1, 2, 3, 4]),
        ("?after=2&epoch=1", "resumed", [3, 4]),
        ("?after=4", "resumed", []),
        ("?after=5", "reset", []),
        ("?after=2&epoch=7", "reset", []),
        ("?after=-1", "reset", []),
        ("?after=nine", "reset", []),
        ("?after=99999999999999999999", "reset", []),
    ],
)
async def test_a_position_is_judged_as_everywhere(
    query: str, mode: str, sequences: list[int]
) -> None:
    house = House()
    story = await house.order(4)
    headers = {"Authorization": f"Bearer {house.token()}"}
    async with serving(house) as running, httpx.AsyncClient(base_url=running.url) as http:
        answer = await http.get(f"/orders/{story.order_id}/events{query}", headers=headers)
    body = answer.json()
    assert (answer.status_code, body["mode"], body["sequence"]) == (200, mode, 4)
    assert [event["sequence"] for event in body["events"]] == sequences
    assert (body["snapshot"] is None) == (mode == "resumed")
    assert answer.headers["cache-control"] == "no-store"


async def test_strangers_are_told_by_the_status() -> None:
    house = House()
    story = await house.order(1)
    async with serving(house) as running, httpx.AsyncClient(base_url=running.url) as http:
        path = f"/orders/{story.order_id}/events"
        assert (await http.get(path)).status_code == 401
        headers = {"Authorization": f"Bearer {house.token('cus_somebody_else')}"}
        assert (await http.get(path, headers=headers)).status_code == 404
        unknown = f"/orders/{random_order_id()}/events"
        mine = {"Authorization": f"Bearer {house.token()}"}
        assert (await http.get(unknown, headers=mine)).status_code == 404


async def test_pages_of_the_shop_may_read_it_and_foreign_ones_may_not() -> None:
    house = House(origins=frozenset({"https://shop.example"}))
    story = await house.order(1)
    async with serving(house) as running, httpx.AsyncClient(base_url=running.url) as http:
        headers = {"Authorization": f"Bearer {house.token()}"}
        path = f"/orders/{story.order_id}/events"
        allowed = "access-control-allow-origin"
        ours = await http.get(path, headers={**headers, "Origin": "https://shop.example"})
        assert ours.headers[allowed] == "https://shop.example"
        foreign = await http.get(path, headers={**headers, "Origin": "https://evil.example"})
        assert allowed not in foreign.headers


async def test_a_document_leads_to_its_file_for_who_may_see_the_order() -> None:
    house = House()
    story = await house.order(1)
    paper = Document(
        number="PNQ/2627/000001",
        kind=DocumentKind.INVOICE,
        shipment=1,
        amount_paise=64_800,
        issued_at=NOON,
    )
    views = house.views.views
    views[story.order_id] = replace(views[story.order_id], documents=(paper,))
    path = f"/orders/{story.order_id}/documents/PNQ/2627/000001"
    async with serving(house) as running, httpx.AsyncClient(base_url=running.url) as http:
        assert (await http.get(path)).status_code == 401
        http.cookies.set("tracking", house.token())
        found = await http.get(path)
        assert found.status_code == 303
        assert "PNQ-2627-000001" in found.headers["location"]
        other = await http.get(f"/orders/{story.order_id}/documents/PNQ/2627/000002")
        assert other.status_code == 404
        page = (await http.get(f"/track/{story.order_id}")).text
    assert f'href="/orders/{story.order_id}/documents/PNQ/2627/000001"' in page
