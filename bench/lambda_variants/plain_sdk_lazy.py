"""A plain handler that loads AWS's SDK when the first request needs it: the obvious trap."""

import os
from datetime import UTC, datetime
from functools import cache
from typing import Any

from domain.webhooks import RAZORPAY, judge, verify_signature


@cache
def queue() -> Any:
    """Return the client, loaded and made at the first request."""
    import boto3  # noqa: PLC0415 - what is measured here

    return boto3.client("sqs", endpoint_url=os.environ["AWS_ENDPOINT_URL"])


def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Verify, queue, answer."""
    body = event["body"].encode()
    signature = event["headers"].get("x-razorpay-signature")
    genuine = verify_signature(body, signature, [os.environ["RAZORPAY_WEBHOOK_SECRET"]])
    judgement = judge(RAZORPAY, body, genuine=genuine, received_at=datetime.now(UTC))
    if judgement.message is not None:
        url = os.environ["WEBHOOK_INBOX_URL"]
        queue().send_message(QueueUrl=url, MessageBody=judgement.message)
    return {"statusCode": judgement.status, "headers": {}, "body": '{"received":true}'}
