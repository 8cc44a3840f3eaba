"""The same framework; drivers are loaded when a request needs them."""

import asyncio
import os
from datetime import UTC, datetime
from functools import cache
from typing import Any

from fastapi import FastAPI, Request, Response
from mangum import Mangum

from domain.webhooks import RAZORPAY, judge, verify_signature

app = FastAPI()


@cache
def queue() -> Any:
    """Return the client, loaded and made at the first request."""
    import boto3  # noqa: PLC0415 - what is measured here

    return boto3.client("sqs", endpoint_url=os.environ["AWS_ENDPOINT_URL"])


@app.post("/webhooks/razorpay")
async def receive(request: Request) -> Response:
    """Verify, queue, answer."""
    body = await request.body()
    signature = request.headers.get("x-razorpay-signature")
    genuine = verify_signature(body, signature, [os.environ["RAZORPAY_WEBHOOK_SECRET"]])
    judgement = judge(RAZORPAY, body, genuine=genuine, received_at=datetime.now(UTC))
    if judgement.message is not None:
        url = os.environ["WEBHOOK_INBOX_URL"]
        queue().send_message(QueueUrl=url, MessageBody=judgement.message)
    return Response('{"received":true}', judgement.status, media_type="application/json")


asyncio.set_event_loop(asyncio.new_event_loop())
handle = Mangum(app, lifespan="off")
