"""Fixtures of the whole suite: real services, started only when a test asks for one."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services import (
    SmtpSink,
    TemporalServer,
    running_on_free_port,
    running_smtp_sink,
    running_temporal,
)
from workers.stack import binaries, services


@pytest.fixture(scope="session")
def mongodb_url() -> Iterator[str]:
    """A MongoDB replica set of one node; take a database name of your own in it."""
    with running_on_free_port("mongodb", services.mongodb) as port:
        yield services.mongodb_url(port)


@pytest.fixture
def mongo_database_name() -> str:
    """A database name that no other test uses."""
    return f"test_{secrets.token_hex(8)}"


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A Redis server; take random channel and key names."""
    with running_on_free_port("redis", services.redis) as port:
        yield services.redis_url(port)


@pytest.fixture(scope="session", autouse=True)
def _aws_credentials() -> Iterator[None]:
    """Credentials for the emulators; never those of the person who runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_DEFAULT_REGION", services.AWS_REGION)
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        patch.delenv("AWS_PROFILE", raising=False)
        yield


@pytest.fixture(scope="module")
def aws_endpoint_url() -> Iterator[str]:
    """SNS, SQS and S3 by ministack, one per module: our queues have fixed names."""
    with running_on_free_port("aws", services.ministack) as port:
        yield services.aws_url(port)


@pytest.fixture(scope="module")
def moto_endpoint_url() -> Iterator[str]:
    """SNS, SQS and S3 by moto, the second emulator of the contract tests."""
    with running_on_free_port("moto", services.moto) as port:
        yield services.aws_url(port)


@pytest.fixture(scope="session")
def smtp_sink() -> Iterator[SmtpSink]:
    """A mail server that keeps everything; take random addresses."""
    with running_smtp_sink() as sink:
        yield sink


@pytest.fixture(scope="session")
def temporal_server() -> Iterator[TemporalServer]:
    """A Temporal dev server with our search attributes; take random workflow ids."""
    with running_temporal() as server:
        yield server


@pytest.fixture(scope="session")
def time_skipping_server() -> Path:
    """The path of the test-server binary, for ``test_server_existing_path``."""
    return binaries.TEMPORAL_TEST_SERVER.find()
