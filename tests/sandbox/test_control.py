"""What both sandboxes share: clock, agenda, switches, recorder, documents, control routes."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.clock import Agenda, Clock
from sandbox.control import ControlPanel, TrafficRules
from sandbox.documents import DocumentStore
from sandbox.faults import FaultPlan, FaultSwitches, HttpFaults, WebhookFaults, parse_plan
from tests.sandbox.live_server import serving


def test_a_clock_runs_moves_forward_and_never_back() -> None:
    clock = Clock(ahead_s=1_000)
    before = clock.now()
    clock.advance(3_600)
    assert clock.now() >= before + 3_600
    assert clock.ahead_s == pytest.approx(4_600, abs=1)
    with pytest.raises(ValueError, match="only moves forward"):
        clock.advance(-1)


@pytest.mark.parametrize("speed", [0, -1])
def test_a_clock_that_stands_still_is_refused(speed: float) -> None:
    with pytest.raises(ValueError, match="above zero"):
        Clock(speed=speed)


def test_due_actions_run_in_due_order_with_their_own_moment() -> None:
    agenda = Agenda(Clock())
    start = agenda.clock.now()
    ran: list[tuple[str, float]] = []
    agenda.plan(start + 20, lambda at: ran.append(("late", at)))
    agenda.plan(start + 10, lambda at: ran.append(("early", at)))
    agenda.plan(start + 99, lambda at: ran.append(("never", at)))
    assert agenda.advance(50) == 2
    assert ran == [("early", start + 10), ("late", start + 20)]


def test_an_action_that_plans_its_successor_plays_on_in_one_jump() -> None:
    agenda = Agenda(Clock())
    start = agenda.clock.now()
    ran: list[float] = []

    def step(at: float) -> None:
        ran.append(at - start)
        agenda.plan(at + 10, step)

    agenda.plan(start + 10, step)
    agenda.advance(35)
    assert ran == pytest.approx([10, 20, 30])


def test_a_broken_action_stops_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    agenda = Agenda(Clock())
    ran: list[float] = []
    agenda.plan(0, lambda at: ran.append(1 / at))
    agenda.plan(1, ran.append)
    agenda.run_due()
    assert ran == [1]
    assert "agenda_action_failed" in caplog.text


async def test_a_running_agenda_wakes_up_by_itself() -> None:
    agenda = Agenda(Clock(speed=1_000))
    ran = asyncio.Event()
    task = asyncio.create_task(agenda.run())
    agenda.plan(agenda.clock.now() + 30, lambda _: ran.set())
    async with asyncio.timeout(5):
        await ran.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], "body"),
        (None, "body"),
        ({"colour": 1}, "colour"),
        ({"seed": "x"}, "seed"),
        ({"seed": True}, "seed"),
        ({"http": 1}, "http"),
        ({"webhooks": []}, "webhooks"),
        ({"http": {"colour": 1}}, "http.colour"),
        ({"http": {"error_500": 1.01}}, "http.error_500"),
        ({"http": {"error_500": -0.1}}, "http.error_500"),
        ({"http": {"error_500": "1"}}, "http.error_500"),
        ({"http": {"error_500": True}}, "http.error_500"),
        ({"http": {"error_500": float("nan")}}, "http.error_500"),
        ({"http": {"slow_s": 1e9}}, "http.slow_s"),
        ({"http": {"only": 5}}, "http.only"),
        ({"http": {"limit": 0}}, "http.limit"),
        ({"http": {"limit": 1.5}}, "http.limit"),
        ({"webhooks": {"delay_s": -1}}, "webhooks.delay_s"),
    ],
)
async def test_a_bad_fault_plan_names_field_and_remedy(
    server: httpx.AsyncClient, body: Any, field: str
) -> None:
    content = "NaN" if body is None else None
    if isinstance(body, dict) and str(body).count("nan"):
        content = '{"http": {"error_500": NaN}}'
    answer = await (
        server.put("/_control/faults", content=content)
        if content
        else server.put("/_control/faults", json=body)
    )
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["field"] == field
    assert error["problem"]
    assert error["remedy"]


def test_a_plan_is_read_as_it_is_written() -> None:
    plan = FaultPlan(
        seed=3,
        http=HttpFaults(lost_answer=0.5, only="POST *", limit=2),
        webhooks=WebhookFaults(loss=1, delay_s=2.5),
    )
    assert parse_plan(plan.as_json()) == plan
    assert parse_plan({}) == FaultPlan()


def test_switches_that_are_off_never_strike() -> None:
    switches = FaultSwitches()
    assert {switches.draw_http("GET /v1/x") for _ in range(50)} == {None}
    fate = switches.draw_webhook("payment.captured")
    assert (fate.lost, fate.copies, fate.reordered, fate.delay_s) == (False, 1, False, 0)
    assert switches.draw_signature("payment.captured") == "right"


def test_probabilities_are_met_and_repeatable() -> None:
    def draw(seed: int) -> list[str | None]:
        switches = FaultSwitches()
        switches.put(FaultPlan(seed=seed, http=HttpFaults(error_500=0.3, lost_answer=0.3)))
        return [switches.draw_http("GET /") for _ in range(2_000)]

    drawn = draw(11)
    assert drawn == draw(11) != draw(12)
    assert drawn.count("error_500") / 2_000 == pytest.approx(0.3, abs=0.05)
    assert drawn.count("lost_answer") / 2_000 == pytest.approx(0.7 * 0.3, abs=0.05)


def test_slowness_and_delay_can_strike_a_share() -> None:
    switches = FaultSwitches()
    http, webhooks = HttpFaults(slow_s=2, slow=0.5), WebhookFaults(delay_s=3, delay=0.5)
    switches.put(FaultPlan(seed=1, http=http, webhooks=webhooks))
    slow = [switches.slow_s("GET /") for _ in range(1_000)]
    delayed = [switches.draw_webhook("x").delay_s for _ in range(1_000)]
    assert slow.count(2) / 1_000 == pytest.approx(0.5, abs=0.06)
    assert delayed.count(3) / 1_000 == pytest.approx(0.5, abs=0.06)


def test_a_limit_ends_the_fault() -> None:
    switches = FaultSwitches()
    switches.put(FaultPlan(http=HttpFaults(error_500=1, limit=2)))
    assert [switches.draw_http("GET /") for _ in range(4)] == ["error_500", "error_500", None, None]


def test_a_store_remembers_in_the_order_of_first_storing(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "data.sqlite"
    store = DocumentStore(path)
    store.put("order", "b", {"n": 1})
    store.put("order", "a", {"n": 2})
    store.put("order", "b", {"n": 3})
    store.put("parcel", "x", {})
    store.delete("parcel", "x")
    store.close()
    again = DocumentStore(path)
    assert list(again.all("order")) == [("b", {"n": 3}), ("a", {"n": 2})]
    assert list(again.all("parcel")) == []
    again.close()


def test_two_sandboxes_cannot_share_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.documents.LOCK_WAIT_S", 0.05)
    first = DocumentStore(tmp_path / "data.sqlite")
    with pytest.raises(ValueError, match="is another sandbox running on it"):
        DocumentStore(tmp_path / "data.sqlite")
    first.close()
    DocumentStore(tmp_path / "data.sqlite").close()
    assert (tmp_path / "data.sqlite").stat().st_mode & 0o777 == 0o600


def test_what_fails_half_way_is_not_stored(tmp_path: Path) -> None:
    store = DocumentStore(tmp_path / "data.sqlite")

    def fail_half_way() -> None:
        with store.atomic(), store.atomic():
            store.put("order", "a", {})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    assert list(store.all("order")) == []
    store.close()


def test_a_file_that_is_no_store_is_refused_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "data.sqlite"
    path.write_bytes(b"this is no database, and long enough to be read as one" * 40)
    with pytest.raises(ValueError, match=r"not a sandbox data file.*delete it"):
        DocumentStore(path)


async def echo(request: Request) -> Response:
    return JSONResponse({"got": (await request.body()).decode()})


@pytest_asyncio.fixture
async def server() -> AsyncIterator[httpx.AsyncClient]:
    """A small API behind a control panel."""
    panel = ControlPanel(clock=Clock(), state=lambda: {"things": [1, 2]})
    rules = TrafficRules(
        covers=lambda path: path.startswith("/api"),
        error_answer=lambda status: JSONResponse({"broken": True}, status_code=status),
    )
    app = Starlette(
        routes=[Route("/api/echo", echo, methods=["POST"]), *panel.routes()],
        middleware=[panel.middleware(rules)],
    )
    async with (
        serving(app) as url,
        httpx.AsyncClient(base_url=url, trust_env=False) as client,
    ):
        yield client


async def test_the_clock_is_moved_over_http(server: httpx.AsyncClient) -> None:
    before = (await server.get("/_control/clock")).json()["now"]
    after = (await server.post("/_control/clock", json={"advance_s": 100})).json()["now"]
    assert after - before == pytest.approx(100, abs=5)


@pytest.mark.parametrize(
    "body", [{}, {"advance_s": -1}, {"advance_s": "1"}, {"advance_s": 1e12}, 5]
)
async def test_a_bad_move_of_the_clock_is_refused(server: httpx.AsyncClient, body: Any) -> None:
    answer = await server.post("/_control/clock", json=body)
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "advance_s")


async def test_the_state_is_shown(server: httpx.AsyncClient) -> None:
    assert (await server.get("/_control/state")).json() == {"things": [1, 2]}


async def test_faults_are_put_shown_and_cleared(server: httpx.AsyncClient) -> None:
    await server.put("/_control/faults", json={"http": {"error_429": 1}})
    assert (await server.get("/_control/faults")).json()["http"]["error_429"] == 1
    assert (await server.post("/api/echo")).status_code == 429
    await server.delete("/_control/faults")
    assert (await server.post("/api/echo", content="hello")).json() == {"got": "hello"}


async def test_the_recorder_selects_calls_and_hides_secrets(server: httpx.AsyncClient) -> None:
    secret = {"email": "a@b.c", "password": "open sesame", "deep": [{"token": "t"}]}
    await server.post("/api/echo", json=secret)
    await server.post("/api/echo", content=b"\xff plain")
    await server.post("/api/echo")

    recorded = (await server.get("/_control/requests?path=/api&method=POST&after=0")).json()
    assert recorded["total"] == 3
    assert recorded["items"][0]["body"] == {
        "email": "a@b.c",
        "password": "***",
        "deep": [{"token": "***"}],
    }
    assert recorded["items"][2]["body"] is None
    later = (await server.get("/_control/requests?after=2")).json()
    assert [one["number"] for one in later["items"]] == [3]
    refused = await server.get("/_control/requests?after=soon")
    assert (refused.status_code, refused.json()["error"]["field"]) == (400, "after")
