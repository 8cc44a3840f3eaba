"""The function behind the courier's webhook.

Environment: `COURIER_WEBHOOK_TOKEN` and `WEBHOOK_INBOX_URL` (the queue's URL).
"""

import os
from collections.abc import Mapping
from functools import cache, partial

from domain.webhooks import COURIER, verify_token
from lambdas.gateway import Json, Request
from lambdas.receiver import Context, Receiver, needed, sender_in

TOKEN = "COURIER_WEBHOOK_TOKEN"  # noqa: S105 - the variable's name


def handle(event: object, context: Context) -> Json:
    """Answer one webhook: 200 once it is queued, 401 or 503 as the server's route does."""
    return _receiver().handle(event, context)


def receiver_in(env: Mapping[str, str]) -> Receiver:
    """Return the receiver that the environment describes.

    Raises:
        Misconfigured: a variable is missing.
    """
    needed(env, TOKEN)
    return Receiver(
        COURIER,
        genuine=partial(_genuine, env[TOKEN]),
        refusal="the header x-api-key is missing or wrong",
        sender=sender_in(env),
    )


def _genuine(token: str, request: Request) -> bool:
    return verify_token(request.headers.get("x-api-key"), token)


@cache
def _receiver() -> Receiver:
    return receiver_in(os.environ)


if "AWS_LAMBDA_RUNTIME_API" in os.environ:
    # Made while the runtime initialises, at full CPU, and refused there if a variable is missing.
    _receiver()
