import asyncio
import secrets

import pytest
from typer.testing import CliRunner

from adapters.mongo.connection import INDEXES, close, connect
from adapters.settings import Settings
from domain.events import EventType, topic
from tests.workers.stack_settings import settings_with
from workers.cli import create_app
from workers.event_documents import TERRAFORM
from workers.event_topology import topology
from workers.provision import run


@pytest.fixture
def settings(aws_endpoint_url: str, mongodb_url: str, mongo_database_name: str) -> Settings:
    return settings_with(
        AWS_ENDPOINT_URL=aws_endpoint_url,
        MONGODB_URL=mongodb_url,
        MONGODB_DATABASE=mongo_database_name,
        ORDERS_S3_BUCKET=f"bucket-{secrets.token_hex(6)}",
    )


async def collections(settings: Settings) -> set[str]:
    database = connect(settings.mongodb_url, settings.mongodb_database)
    try:
        return set(await database.list_collection_names())
    finally:
        await close(database)


def test_every_event_type_has_its_topic_also_without_a_subscriber() -> None:
    assert topology("b").topics == tuple(topic(event_type) for event_type in EventType)
    assert {queue.name for queue in topology("b").queues} >= {"order-view", "webhook-inbox"}


def test_a_dry_run_tells_what_would_be_made_and_makes_nothing(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    run(settings, dry_run=True)
    said = capsys.readouterr().out
    assert f"+ bucket {settings.s3_bucket}" in said
    assert "changes planned" in said
    run(settings, dry_run=True)
    assert capsys.readouterr().out == said
    assert asyncio.run(collections(settings)) == set()


def test_provisioning_a_second_time_changes_nothing(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    run(settings, dry_run=False)
    assert f"+ bucket {settings.s3_bucket}" in capsys.readouterr().out
    assert asyncio.run(collections(settings)) == set(INDEXES)
    run(settings, dry_run=False)
    assert capsys.readouterr().out == "0 changes made: 0 created, 0 updated, 0 deleted\n"


def test_the_command_prints_the_committed_terraform_and_needs_no_settings() -> None:
    shown = CliRunner().invoke(create_app(), ["provision", "--terraform"], catch_exceptions=False)
    assert shown.output == TERRAFORM.read_text(encoding="utf-8")
