import smtplib
import uuid

import boto3
import redis
from pymongo import MongoClient
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from tests.services import SmtpSink, TemporalServer
from workers.stack import services


def test_mongodb_accepts_transactions(mongodb_url: str, mongo_database_name: str) -> None:
    with MongoClient[dict[str, object]](mongodb_url) as client:
        orders = client[mongo_database_name]["orders"]
        with client.start_session() as session, session.start_transaction():
            orders.insert_one({"_id": "a"}, session=session)
            orders.insert_one({"_id": "b"}, session=session)
        assert orders.count_documents({}) == 2


def test_redis_carries_announcements(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client, client.pubsub() as subscriber:
        channel = f"test-{uuid.uuid4()}"
        subscriber.subscribe(channel)
        assert subscriber.get_message(timeout=5) is not None
        assert client.publish(channel, "news") == 1


def _sns_to_sqs_body(endpoint_url: str) -> str:
    name = f"test-{uuid.uuid4()}"
    sns = boto3.client("sns", endpoint_url=endpoint_url)
    sqs = boto3.client("sqs", endpoint_url=endpoint_url)
    topic = sns.create_topic(Name=name)["TopicArn"]
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"][
        "QueueArn"
    ]
    sns.subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"}
    )
    sns.publish(TopicArn=topic, Message="news")
    received = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"]
    return received[0]["Body"]


def test_ministack_fans_out_from_topic_to_queue(aws_endpoint_url: str) -> None:
    assert _sns_to_sqs_body(aws_endpoint_url) == "news"


def test_moto_fans_out_from_topic_to_queue(moto_endpoint_url: str) -> None:
    assert _sns_to_sqs_body(moto_endpoint_url) == "news"


def test_ministack_keeps_files(aws_endpoint_url: str) -> None:
    s3 = boto3.client("s3", endpoint_url=aws_endpoint_url)
    bucket = f"test-{uuid.uuid4()}"
    s3.create_bucket(
        Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": services.AWS_REGION}
    )
    s3.put_object(Bucket=bucket, Key="invoice.pdf", Body=b"%PDF")
    assert s3.get_object(Bucket=bucket, Key="invoice.pdf")["Body"].read() == b"%PDF"


def test_mail_that_is_sent_can_be_read(smtp_sink: SmtpSink) -> None:
    address = f"{uuid.uuid4()}@example.com"
    port = int(smtp_sink.url.rsplit(":", 1)[1])
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.sendmail("shop@example.com", [address], "Subject: Hello\r\n\r\nYour order")
    [mail] = smtp_sink.messages(to=address)
    assert (mail["subject"], mail["text"].strip()) == ("Hello", "Your order")


async def test_temporal_knows_our_search_attributes(temporal_server: TemporalServer) -> None:
    client = await Client.connect(temporal_server.address)
    request = ListSearchAttributesRequest(namespace=temporal_server.namespace)
    listed = await client.operator_service.list_search_attributes(request)
    kinds = {name: IndexedValueType.Name(kind) for name, kind in listed.custom_attributes.items()}
    assert {
        name: kinds[name].removeprefix("INDEXED_VALUE_TYPE_").title()
        for name in services.SEARCH_ATTRIBUTES
    } == dict(services.SEARCH_ATTRIBUTES)


async def test_time_skipping_server_starts_from_the_packaged_binary(
    time_skipping_server: object,
) -> None:
    environment = await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(time_skipping_server)
    )
    async with environment:
        assert environment.supports_time_skipping
