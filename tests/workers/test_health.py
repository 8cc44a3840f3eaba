import asyncio

import httpx
import pytest

from workers.health import serving_health
from workers.stack.ports import free_port


async def get(port: int, path: str) -> httpx.Response:
    async with httpx.AsyncClient() as client:
        return await client.get(f"http://127.0.0.1:{port}{path}")


async def test_readiness_follows_the_process() -> None:
    port, reason = free_port(), ["not connected to Temporal"]
    async with serving_health("127.0.0.1", port, lambda: reason[0] if reason else None):
        waiting = await get(port, "/readyz")
        assert (waiting.status_code, waiting.json()["reason"]) == (503, "not connected to Temporal")
        assert (await get(port, "/healthz")).status_code == 200
        reason.clear()
        assert (await get(port, "/readyz?from=probe")).json() == {"status": "ready"}


async def test_metrics_are_served_in_the_format_of_prometheus() -> None:
    port = free_port()
    async with serving_health("127.0.0.1", port, lambda: None):
        answer = await get(port, "/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert "python_info" in answer.text


async def test_an_unknown_page_and_garbage_do_not_disturb_it() -> None:
    port = free_port()
    async with serving_health("127.0.0.1", port, lambda: None):
        assert (await get(port, "/admin")).status_code == 404
        for garbage in (b"\r\n\r\n", b"\x00\xff\r\n\r\n", b"GET"):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(garbage)
            writer.write_eof()
            await reader.read()
            writer.close()
        assert (await get(port, "/readyz")).status_code == 200


async def test_port_0_serves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[object] = []
    monkeypatch.setattr(asyncio, "start_server", lambda *call: opened.append(call))
    async with serving_health("127.0.0.1", 0, lambda: None):
        assert opened == []


async def test_a_taken_port_is_an_error() -> None:
    port = free_port()
    async with serving_health("127.0.0.1", port, lambda: None):
        with pytest.raises(OSError, match="address already in use"):
            async with serving_health("127.0.0.1", port, lambda: None):
                pass
