"""The boto3 clients of one process, and the threads on which they block.

A boto3 client may be shared by threads once it is built; building is not safe, so it is locked.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from domain.errors import StoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

THREADS = 16
POOL = 64
"""Connections per client: more than threads, because each queue polls on threads of its own."""
CONNECT_TIMEOUT_S = 3
READ_TIMEOUT_S = 10
LONGEST_POLL_S = 20
ATTEMPTS = 2

Result = TypeVar("Result")


class AwsClients:
    """Clients of one region, built when first used.

    Credentials come from where boto3 looks for them (environment, container or instance role).

    Args:
        region: such as `ap-south-1`.
        endpoint_url: an emulator; None means AWS itself.
    """

    def __init__(self, *, region: str, endpoint_url: str | None = None) -> None:
        self.region = region
        self._endpoint_url = endpoint_url
        self._session = boto3.Session(region_name=region)
        self._building = threading.Lock()
        self._built: dict[str, Any] = {}
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="aws")

    @property
    def sns(self) -> "SNSClient":
        """Return the client of SNS."""
        # One attempt: the publisher repeats by itself, and only what was not accepted.
        client: SNSClient = self._client("sns", retries={"total_max_attempts": 1})
        return client

    @property
    def sqs(self) -> "SQSClient":
        """Return the client of SQS; it waits longer for an answer than the longest poll."""
        client: SQSClient = self._client("sqs", read_timeout=LONGEST_POLL_S + READ_TIMEOUT_S)
        return client

    @property
    def s3(self) -> "S3Client":
        """Return the client of S3."""
        # An emulator has one name, so the bucket cannot stand in front of it.
        style = "path" if self._endpoint_url else "virtual"
        client: S3Client = self._client(
            "s3", signature_version="s3v4", s3={"addressing_style": style}
        )
        return client

    async def call(
        self,
        operation: Callable[..., Result],
        *,
        threads: Executor | None = None,
        **arguments: Any,
    ) -> Result:
        """Run one blocking operation on a thread, by default on one of those for quick calls.

        Raises:
            StoreUnavailable: AWS did not answer, or refused (says the operation and the reason).
        """
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(
                threads or self._threads, partial(operation, **arguments)
            )
        except (BotoCoreError, ClientError) as error:
            raise StoreUnavailable(str(error)) from error

    def close(self) -> None:
        """End the threads and close every connection; calls under way are waited for."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        for client in self._built.values():
            client.close()

    def _client(self, service: str, **options: Any) -> Any:
        with self._building:
            if service not in self._built:
                self._built[service] = self._build(service, options)
            return self._built[service]

    def _build(self, service: str, options: dict[str, Any]) -> Any:
        config = Config(
            connect_timeout=CONNECT_TIMEOUT_S,
            read_timeout=READ_TIMEOUT_S,
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
            max_pool_connections=POOL,
            tcp_keepalive=True,
        ).merge(Config(**options))
        build: Any = self._session.client
        return build(service, endpoint_url=self._endpoint_url, config=config)


def error_code(error: BaseException | None) -> str:
    """Return AWS's code of a refusal, such as `NotFound`; empty when there is none."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", ""))
    return ""
