"""The function behind Razorpay's webhook.

Environment: `RAZORPAY_WEBHOOK_SECRET`, while it is being rotated
`RAZORPAY_WEBHOOK_SECRET_PREVIOUS`, and `WEBHOOK_INBOX_URL` (the queue's URL).
"""

import os
from collections.abc import Mapping
from functools import cache, partial

from domain.webhooks import RAZORPAY, verify_signature
from lambdas.gateway import Json, Request
from lambdas.receiver import Context, Receiver, needed, sender_in

SECRET = "RAZORPAY_WEBHOOK_SECRET"  # noqa: S105 - the variable's name
PREVIOUS = "RAZORPAY_WEBHOOK_SECRET_PREVIOUS"


def handle(event: object, context: Context) -> Json:
    """Answer one webhook: 200 once it is queued, 401, 400 or 503 as the server's route does."""
    return _receiver().handle(event, context)


def receiver_in(env: Mapping[str, str]) -> Receiver:
    """Return the receiver that the environment describes.

    Raises:
        Misconfigured: a variable is missing.
    """
    needed(env, SECRET)
    secrets = (env[SECRET], env.get(PREVIOUS, ""))
    return Receiver(
        RAZORPAY,
        genuine=partial(_genuine, secrets),
        refusal="the signature is missing or wrong",
        sender=sender_in(env),
        event_id_header="x-razorpay-event-id",
    )


def _genuine(secrets: tuple[str, str], request: Request) -> bool:
    return verify_signature(request.body, request.headers.get("x-razorpay-signature"), secrets)


@cache
def _receiver() -> Receiver:
    return receiver_in(os.environ)


if "AWS_LAMBDA_RUNTIME_API" in os.environ:
    # Made while the runtime initialises, at full CPU, and refused there if a variable is missing.
    _receiver()
