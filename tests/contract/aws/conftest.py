import secrets
from collections.abc import Iterator

import pytest

from adapters.aws.clients import AwsClients

REGION = "ap-south-1"


EMULATORS = {"ministack": "ministack_clients", "moto": "moto_clients"}


@pytest.fixture(scope="module")
def ministack_clients(aws_endpoint_url: str) -> Iterator[AwsClients]:
    clients = AwsClients(region=REGION, endpoint_url=aws_endpoint_url)
    yield clients
    clients.close()


@pytest.fixture(scope="module")
def moto_clients(moto_endpoint_url: str) -> Iterator[AwsClients]:
    clients = AwsClients(region=REGION, endpoint_url=moto_endpoint_url)
    yield clients
    clients.close()


def clients_of(request: pytest.FixtureRequest, emulator: str) -> AwsClients:
    """Clients of a running emulator."""
    clients: AwsClients = request.getfixturevalue(EMULATORS[emulator])
    return clients


@pytest.fixture(params=list(EMULATORS))
def clients(request: pytest.FixtureRequest) -> AwsClients:
    return clients_of(request, request.param)


@pytest.fixture
def unique() -> str:
    """A prefix that no other test uses."""
    return f"t{secrets.token_hex(5)}"
