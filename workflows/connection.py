"""How every process connects to Temporal: one data converter, one payload codec."""

from collections.abc import Sequence
from dataclasses import replace

from temporalio.api.common.v1 import Payload
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter, PayloadCodec


class IdentityCodec(PayloadCodec):
    """The seam where encryption goes: every payload of every process passes through here."""

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Return the payloads as they are."""
        return list(payloads)

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Return the payloads as they are."""
        return list(payloads)


DATA_CONVERTER: DataConverter = replace(pydantic_data_converter, payload_codec=IdentityCodec())


async def connect(address: str, namespace: str = "default") -> Client:
    """Return a connected client.

    Raises:
        RuntimeError: the server does not answer.
    """
    return await Client.connect(address, namespace=namespace, data_converter=DATA_CONVERTER)
