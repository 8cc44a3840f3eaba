"""How a call to Razorpay is made: on a thread of its own, with a client that no other thread uses.

The SDK blocks, and a client shared by threads can send one thread's amount with another's payment.
Its own retries stay off: Temporal retries, with the same body and key.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import razorpay

from adapters.razorpay_session import RazorpayFailure, RazorpaySession
from domain.errors import PaymentGatewayUnavailable, PaymentRejected, RefundRejected

THREADS = 16
IDEMPOTENCY_CONFLICT = 409

Result = TypeVar("Result")


class RazorpayCalls:
    """Threads, their clients, and the one place where Razorpay's failures become ours.

    Args:
        base_url: without `/v1`; a slash at the end is dropped, for the SDK only joins texts.
        auth: key id and key secret.
        timeout_s: to connect, and between two bytes, in seconds.
        threads: how many calls may be under way at once; further ones wait.
    """

    def __init__(
        self,
        base_url: str,
        auth: tuple[str, str],
        *,
        timeout_s: tuple[float, float],
        threads: int = THREADS,
    ) -> None:
        """Start nothing yet: threads and connections come with the first calls."""
        self._base_url = base_url.rstrip("/")
        self._auth = auth
        self._timeout_s = timeout_s
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="razorpay")
        self._of_thread = threading.local()

    def close(self) -> None:
        """End the threads; calls under way are waited for."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    async def ask(
        self,
        call: Callable[[Any], Result],
        *,
        refusal: type[PaymentRejected] | type[RefundRejected],
    ) -> Result:
        """Run a call with a client.

        Raises:
            PaymentGatewayUnavailable: no usable answer; the same call may work later.
            PaymentRejected, RefundRejected: as `refusal` says; Razorpay refused what was asked.
        """
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, lambda: call(self._client()))
        except RazorpayFailure as failure:
            in_progress = failure.status == IDEMPOTENCY_CONFLICT and "in progress" in str(failure)
            if failure.may_pass or in_progress:
                raise PaymentGatewayUnavailable(str(failure)) from failure
            message = f"Razorpay refuses: {failure}"
            raise refusal(message) from failure
        except (KeyError, TypeError, ValueError) as error:
            message = f"Razorpay's answer is not of the known form: {error!r}"
            raise PaymentGatewayUnavailable(message) from error

    def _client(self) -> Any:
        client = getattr(self._of_thread, "client", None)
        if client is None:
            client = razorpay.Client(
                session=RazorpaySession(self._timeout_s),
                auth=self._auth,
                base_url=self._base_url,
            )
            self._of_thread.client = client
        return client


def read_pages(
    fetch: Callable[[dict[str, int]], Any], *, size: int, query: dict[str, int]
) -> list[dict[str, Any]]:
    """Return the items of every page of a list call; `fetch` takes the query of one page.

    Raises:
        KeyError, TypeError: an answer is no collection.
    """
    items: list[dict[str, Any]] = []
    while True:
        # A fresh dictionary for each call: the SDK keeps and changes those it is given.
        page = fetch({**query, "count": size, "skip": len(items)})["items"]
        items.extend(page)
        if len(page) < size:
            return items
