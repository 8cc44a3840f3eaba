"""Mailed links: one order, a cookie that no script can read, revocable at once and while live."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from tests.fakes.samples import ADDRESS
from tests.tracking.house import House, Story
from tests.tracking.serving import Running, serving


@asynccontextmanager
async def opened(running: Running, house: House, story: Story) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that has opened the link of an order's mail."""
    async with httpx.AsyncClient(base_url=running.url) as http:
        key = await house.links.key(story.order_id)
        answer = await http.get(f"/track/{story.order_id}", params={"k": key})
        assert answer.headers["location"] == f"/track/{story.order_id}"
        yield http


def cookie_of(http: httpx.AsyncClient) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in http.cookies.items())}


async def test_a_link_becomes_a_cookie_and_a_clean_address() -> None:
    house = House()
    story = await house.order(2)
    key = await house.links.key(story.order_id)
    async with serving(house) as running, httpx.AsyncClient(base_url=running.url) as http:
        answer = await http.get(f"/track/{story.order_id}?k={key}")
        assert answer.headers["location"] == f"/track/{story.order_id}"
        assert answer.headers["cache-control"] == "no-store"
        given = answer.headers["set-cookie"]
        assert given.startswith(f"link_{story.order_id}={key};")
        assert "HttpOnly" in given
        assert "SameSite=lax" in given
        page = await http.get(f"/track/{story.order_id}")
    assert ADDRESS.line1 in page.text
    assert key not in page.text


async def test_the_cookie_serves_page_socket_stream_polls_and_passes() -> None:
    house = House()
    story = await house.order(3)
    async with serving(house) as running:
        async with opened(running, house, story) as http:
            assert (await http.get(f"/orders/{story.order_id}/events")).json()["sequence"] == 3
            passed = await http.post(f"/orders/{story.order_id}/pass")
            async with http.stream("GET", f"/orders/{story.order_id}/stream") as stream:
                assert stream.status_code == 200
        async with running.connect(additional_headers=cookie_of(http)) as client:
            await client.hello(None, story.order_id)
            assert (await client.until_live()).mode == "snapshot"
    caller = house.deps.tokens.verify(passed.json()["token"])
    assert (caller.subject, caller.order_id) == (story.events[0].data.customer_id, story.order_id)
    assert passed.json()["api_url"] == house.settings.api_url


async def test_a_link_opens_its_order_and_nothing_else() -> None:
    house = House()
    story, other = await house.order(2), await house.order(2)
    async with serving(house) as running:
        async with opened(running, house, story) as http:
            for path in (f"/orders/{other.order_id}/events", f"/orders/{other.order_id}/stream"):
                assert (await http.get(path)).status_code == 401
            assert 'action="/session"' in (await http.get(f"/track/{other.order_id}")).text
            assert (await http.get("/wall")).text.count('action="/session"') == 1
        async with running.connect(additional_headers=cookie_of(http)) as client:
            await client.hello(None, story.order_id)
            await client.until_live()
            await client.send("subscribe", id="other", order_id=other.order_id)
            assert (await client.next("error"))["code"] == "not_found"
            for wish in ("customer", "wall"):
                await client.send("subscribe", id=wish, **{wish: True})
                assert (await client.next("error"))["code"] == "forbidden"
            await client.send("query", id="q", order_id=other.order_id, name="status")
            assert (await client.next("error"))["code"] == "not_found"


async def test_a_pass_of_one_order_follows_that_order_alone() -> None:
    house = House()
    story, other = await house.order(2), await house.order(2)
    token = house.issuer.issue("cus_asha", now=house.clock.now(), order_id=story.order_id)
    async with serving(house) as running, running.connect() as client:
        await client.hello(token, story.order_id)
        await client.until_live()
        await client.send("subscribe", id="other", order_id=other.order_id)
        assert (await client.next("error"))["code"] == "not_found"


async def test_a_revoked_link_opens_nothing_and_is_forgotten() -> None:
    house = House()
    story = await house.order(2)
    async with serving(house) as running:
        async with opened(running, house, story) as http:
            await house.links.revoke(story.order_id)
            page = await http.get(f"/track/{story.order_id}")
            assert (page.status_code, "no longer valid" in page.text) == (403, True)
            assert "Max-Age=0" in page.headers["set-cookie"]
            old = await http.get(f"/track/{story.order_id}?k={story.order_id}-key-0")
            assert old.status_code == 403
        headers = {"Cookie": f"link_{story.order_id}={story.order_id}-key-0"}
        async with running.connect(additional_headers=headers) as client:
            await client.send("hello", orders=[{"order_id": story.order_id}])
            assert await client.closed() == 4003


async def test_a_link_that_is_revoked_while_somebody_looks_ends_their_visit() -> None:
    house = House(heartbeat_s=0.05)
    story = await house.order(2)
    async with serving(house) as running, opened(running, house, story) as http:
        path = f"/orders/{story.order_id}/stream"
        async with (
            running.connect(additional_headers=cookie_of(http)) as client,
            http.stream("GET", path) as stream,
        ):
            await client.hello(None, story.order_id)
            await client.until_live()
            await house.links.revoke(story.order_id)
            assert await client.closed() == 4003
            await stream.aread()
        assert (await http.get(path)).status_code == 401


async def test_a_session_goes_on_where_the_link_was_revoked() -> None:
    house = House()
    story = await house.order(2)
    async with serving(house) as running, httpx.AsyncClient(base_url=running.url) as http:
        http.cookies.set(f"link_{story.order_id}", "junk")
        http.cookies.set("tracking", house.token())
        assert (await http.get(f"/track/{story.order_id}")).status_code == 200
        assert (await http.get(f"/orders/{story.order_id}/events")).status_code == 200


async def test_a_pass_is_for_our_own_pages_and_known_visitors() -> None:
    house = House()
    story = await house.order(1)
    path = f"/orders/{story.order_id}/pass"
    async with serving(house) as running, httpx.AsyncClient(base_url=running.url) as http:
        assert (await http.post(path)).status_code == 401
        http.cookies.set("tracking", house.token("cus_somebody_else"))
        assert (await http.post(path)).status_code == 404
        http.cookies.set("tracking", house.token())
        foreign = await http.post(path, headers={"Origin": "https://evil.example"})
        assert foreign.status_code == 403
        assert (await http.post(path)).status_code == 200
