"""What the platform began with: a server framework in a function, every driver at the top."""

import asyncio
import os
from datetime import UTC, datetime
from typing import Any

import boto3
import razorpay
from fastapi import FastAPI, Request, Response
from mangum import Mangum
from motor.motor_asyncio import AsyncIOMotorClient
from redis.asyncio import Redis

from domain.webhooks import RAZORPAY, judge, verify_signature

app = FastAPI()
queue = boto3.client("sqs", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
database: Any = AsyncIOMotorClient("mongodb://127.0.0.1:1/?directConnection=true")
feed = Redis.from_url("redis://127.0.0.1:1/0")
gateway = razorpay.Client(auth=("key", "secret"))


@app.post("/webhooks/razorpay")
async def receive(request: Request) -> Response:
    """Verify, queue, answer."""
    body = await request.body()
    signature = request.headers.get("x-razorpay-signature")
    genuine = verify_signature(body, signature, [os.environ["RAZORPAY_WEBHOOK_SECRET"]])
    judgement = judge(RAZORPAY, body, genuine=genuine, received_at=datetime.now(UTC))
    if judgement.message is not None:
        url = os.environ["WEBHOOK_INBOX_URL"]
        queue.send_message(QueueUrl=url, MessageBody=judgement.message)
    return Response('{"received":true}', judgement.status, media_type="application/json")


asyncio.set_event_loop(asyncio.new_event_loop())
handle = Mangum(app, lifespan="off")
