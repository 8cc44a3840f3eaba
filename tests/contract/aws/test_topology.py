"""The provisioner makes what is declared, once, and mends what differs."""

import json

import pytest

from adapters.aws.clients import AwsClients
from adapters.aws.provisioner import Provisioner
from adapters.aws.topology import Action, Change, Kind, QueueSpec, Topology


def declared(unique: str) -> Topology:
    topics = tuple(f"{unique}-{name}" for name in ("placed", "paid", "shipped"))
    return Topology(
        topics=topics,
        queues=(
            QueueSpec(name=f"{unique}-view", topics=topics, visibility_s=45, max_receive=3),
            QueueSpec(name=f"{unique}-points", topics=topics[1:2]),
            QueueSpec(name=f"{unique}-inbox"),
        ),
        buckets=(f"{unique}-files",),
    )


def done(applied: tuple[Change, ...]) -> dict[tuple[Action, Kind], int]:
    keys = [(change.action, change.kind) for change in applied]
    return {key: keys.count(key) for key in keys}


def attributes(clients: AwsClients, queue: str) -> dict[str, str]:
    url = clients.sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    answer = clients.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    return {str(name): value for name, value in answer["Attributes"].items()}


async def test_everything_declared_is_made(clients: AwsClients, unique: str) -> None:
    applied = await Provisioner(clients).apply(declared(unique))

    assert done(applied) == {
        (Action.CREATE, Kind.TOPIC): 3,
        (Action.CREATE, Kind.BUCKET): 1,
        (Action.CREATE, Kind.DEAD_LETTER_QUEUE): 3,
        (Action.CREATE, Kind.QUEUE): 3,
        (Action.CREATE, Kind.SUBSCRIPTION): 4,
    }
    view = attributes(clients, f"{unique}-view")
    assert view["VisibilityTimeout"] == "45"
    redrive = json.loads(view["RedrivePolicy"])
    assert redrive["deadLetterTargetArn"].endswith(f":{unique}-view-dlq")
    assert int(redrive["maxReceiveCount"]) == 3
    assert attributes(clients, f"{unique}-view-dlq")["MessageRetentionPeriod"] == "1209600"


async def test_a_second_run_finds_nothing_to_do(clients: AwsClients, unique: str) -> None:
    provisioner = Provisioner(clients)
    await provisioner.apply(declared(unique))

    assert await provisioner.plan(declared(unique)) == ()
    assert await provisioner.apply(declared(unique)) == ()


async def test_only_the_topics_may_put_messages_on_a_queue(
    clients: AwsClients, unique: str
) -> None:
    await Provisioner(clients).apply(declared(unique))

    (statement,) = json.loads(attributes(clients, f"{unique}-points")["Policy"])["Statement"]
    assert statement["Principal"] == {"Service": "sns.amazonaws.com"}
    (source,) = statement["Condition"]["ArnEquals"]["aws:SourceArn"]
    assert source.endswith(f":{unique}-paid")
    assert "Policy" not in attributes(clients, f"{unique}-inbox")


async def test_a_plan_says_what_would_be_done_and_does_not_do_it(
    clients: AwsClients, unique: str
) -> None:
    provisioner = Provisioner(clients)
    planned = await provisioner.plan(declared(unique))

    assert f"create topic {unique}-placed" in map(str, planned)
    assert f"create subscription {unique}-points to {unique}-paid" in map(str, planned)
    assert await provisioner.plan(declared(unique)) == planned


async def test_a_difference_is_mended(clients: AwsClients, unique: str) -> None:
    provisioner = Provisioner(clients)
    await provisioner.apply(declared(unique))
    url = clients.sqs.get_queue_url(QueueName=f"{unique}-view")["QueueUrl"]
    clients.sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "7"})

    applied = await provisioner.apply(declared(unique))

    (change,) = applied
    assert (change.action, change.name) == (Action.UPDATE, f"{unique}-view")
    assert change.attributes["VisibilityTimeout"] == "45"
    assert attributes(clients, f"{unique}-view")["VisibilityTimeout"] == "45"


async def test_a_subscription_that_wraps_messages_is_mended(
    clients: AwsClients, unique: str
) -> None:
    provisioner = Provisioner(clients)
    await provisioner.apply(declared(unique))
    pages = clients.sns.get_paginator("list_subscriptions").paginate()
    (arn,) = [
        item["SubscriptionArn"]
        for page in pages
        for item in page["Subscriptions"]
        if item["Endpoint"].endswith(f":{unique}-points")
    ]
    clients.sns.set_subscription_attributes(
        SubscriptionArn=arn, AttributeName="RawMessageDelivery", AttributeValue="false"
    )

    (change,) = await provisioner.apply(declared(unique))

    assert (change.kind, dict(change.attributes)) == (
        Kind.SUBSCRIPTION,
        {"RawMessageDelivery": "true"},
    )
    assert await provisioner.plan(declared(unique)) == ()


async def test_a_new_consumer_is_added_to_what_there_is(clients: AwsClients, unique: str) -> None:
    before = declared(unique)
    await Provisioner(clients).apply(before)
    newcomer = QueueSpec(name=f"{unique}-new", topics=before.topics[:1])
    after = Topology(
        topics=before.topics, queues=(*before.queues, newcomer), buckets=before.buckets
    )

    applied = await Provisioner(clients).apply(after)

    assert {change.name for change in applied} == {f"{unique}-new", f"{unique}-new-dlq"}


async def test_queues_without_topics_can_come_first(clients: AwsClients, unique: str) -> None:
    alone = Topology(queues=(QueueSpec(name=f"{unique}-alone"),), buckets=(f"{unique}-bucket",))
    await Provisioner(clients).apply(alone)

    assert await Provisioner(clients).plan(alone) == ()
    policy = json.loads(attributes(clients, f"{unique}-alone")["RedrivePolicy"])
    assert policy["deadLetterTargetArn"] == attributes(clients, f"{unique}-alone-dlq")["QueueArn"]


def test_a_queue_cannot_listen_to_an_undeclared_topic() -> None:
    with pytest.raises(ValueError, match="not declared: ghosts"):
        Topology(queues=(QueueSpec(name="view", topics=("ghosts",)),))
