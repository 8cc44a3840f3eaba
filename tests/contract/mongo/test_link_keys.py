"""One contract for the keys of mailed links, real and in memory."""

import secrets
from collections.abc import AsyncIterator
from typing import Any

import pytest

from adapters.mongo.connection import close, connect
from adapters.mongo.link_keys import MongoLinkKeys, link_key
from domain.ports.links import LinkKeys
from tests.fakes.links import FakeLinkKeys

SECRET = "s" * 40


def order_id() -> str:
    return f"ord_{secrets.token_hex(10)}"


@pytest.fixture(params=["fake", "mongodb"])
async def keys(request: pytest.FixtureRequest, mongo_database_name: str) -> AsyncIterator[LinkKeys]:
    if request.param == "fake":
        yield FakeLinkKeys()
        return
    url: str = request.getfixturevalue("mongodb_url")
    database: Any = connect(url, mongo_database_name)
    yield MongoLinkKeys(database, SECRET)
    await database.client.drop_database(mongo_database_name)
    await close(database)


async def test_a_key_opens_its_order_and_no_other(keys: LinkKeys) -> None:
    mine, other = order_id(), order_id()
    key = await keys.key(mine)
    assert await keys.key(mine) == key
    assert await keys.opens(mine, key)
    assert not await keys.opens(other, key)
    for wrong in ("", "guessed", key[:-1], f"{key}A", "schlüssel"):
        assert not await keys.opens(mine, wrong)


async def test_a_revoked_key_opens_nothing_and_the_next_one_does(keys: LinkKeys) -> None:
    mine, other = order_id(), order_id()
    key, neighbour = await keys.key(mine), await keys.key(other)
    await keys.revoke(mine)
    assert not await keys.opens(mine, key)
    renewed = await keys.key(mine)
    assert renewed != key
    assert await keys.opens(mine, renewed)
    await keys.revoke(mine)
    assert not await keys.opens(mine, renewed)
    assert await keys.opens(other, neighbour)


def test_a_key_depends_on_secret_order_and_generation_and_fits_into_an_address() -> None:
    found = {
        link_key(secret, order, generation)
        for secret in (b"a" * 32, b"b" * 32)
        for order in ("ord_1", "ord_2")
        for generation in (0, 1)
    }
    assert len(found) == 8
    assert all(len(key) == 24 and key.replace("-", "").replace("_", "").isalnum() for key in found)
