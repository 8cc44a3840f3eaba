"""How a workflow asks for a side effect: locally when it is short, else remotely."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    FailureError,
    is_cancelled_exception,
)

with workflow.unsafe.imports_passed_through():
    from domain.errors import REFUSALS
    from workflows import policies

_In = TypeVar("_In")
_Out = TypeVar("_Out")


async def local_first(
    method: Callable[[Any, _In], Awaitable[_Out]],
    request: _In,
    *,
    summary: str,
    retry: RetryPolicy = policies.LOCAL_RETRY,
    queue: str = policies.ORDERS_QUEUE,
) -> _Out:
    """Run a short idempotent activity locally; if that takes too long, remotely until done.

    One marker in the history when all is well, three more events in an outage of any length.

    Raises:
        ApplicationError: the activity refused for good; `type` names the refusal.
    """
    try:
        return await workflow.execute_local_activity_method(
            method,
            request,
            start_to_close_timeout=policies.LOCAL_CALL,
            retry_policy=retry,
            summary=summary,
        )
    except FailureError as error:
        if refusal := refusal_of(error):
            raise refusal from error
        if is_cancelled_exception(error):
            raise
    return await remote(method, request, queue=queue, summary=summary)


async def remote(
    method: Callable[[Any, _In], Awaitable[_Out]],
    request: _In,
    *,
    queue: str,
    summary: str,
    one_call: timedelta = policies.ONE_CALL,
    give_up_after: timedelta | None = None,
) -> _Out:
    """Run an activity on its own queue, retried until it is done or refused.

    Raises:
        ApplicationError: refused for good (`type` names the refusal), or `give_up_after` passed.
    """
    try:
        return await workflow.execute_activity_method(
            method,
            request,
            task_queue=queue,
            start_to_close_timeout=one_call,
            schedule_to_close_timeout=give_up_after,
            retry_policy=policies.UNTIL_DONE,
            summary=summary,
        )
    except ActivityError as error:
        if refusal := refusal_of(error):
            raise refusal from error
        msg = f"{summary}: no answer in time"
        raise ApplicationError(msg, type="ServiceUnavailable", non_retryable=True) from error


def refusal_of(error: FailureError) -> ApplicationError | None:
    """Return the business refusal inside an activity's failure, or None if it was another."""
    # A remote activity wraps its cause in an ActivityError, a local one does not (tried).
    cause = error.cause if isinstance(error, ActivityError) else error
    if isinstance(cause, ApplicationError) and cause.type in REFUSALS:
        return cause
    return None
