"""How a port's errors reach a workflow: refusals end the retries, other failures do not."""

from collections.abc import Iterator
from contextlib import contextmanager

from temporalio.exceptions import ApplicationError

from domain.errors import OrderError, OutOfStock


@contextmanager
def refusals() -> Iterator[None]:
    """Turn a business refusal into a non-retryable error whose type is the refusal's class name.

    `ServiceUnavailable` and everything unforeseen pass through and are retried by the policy.
    """
    try:
        yield
    except OrderError as error:
        details = list(error.skus) if isinstance(error, OutOfStock) else []
        raise ApplicationError(
            str(error), details, type=type(error).__name__, non_retryable=True
        ) from error
