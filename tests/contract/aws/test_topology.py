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


def subscription_of(clients: AwsClients, queue: str) -> dict[str, str]:
    """The attributes of a queue's only subscription."""
    pages = clients.sns.get_paginator("list_subscriptions").paginate()
    (arn,) = [
        item["SubscriptionArn"]
        for page in pages
        for item in page["Subscriptions"]
        if item["Endpoint"].endswith(f":{queue}")
    ]
    found = clients.sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    return {"SubscriptionArn": arn, **found}


async def test_everything_declared_is_made(clients: AwsClients, unique: str) -> None:
    applied = await Provisioner(clients).apply(declared(unique))

    assert done(applied) == {
        (Action.CREATE, Kind.TOPIC): 3,
        (Action.CREATE, Kind.BUCKET): 1,
        (Action.CREATE, Kind.DEAD_LETTER_QUEUE): 5,
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


async def test_what_sns_cannot_deliver_has_a_queue_of_its_own(
    clients: AwsClients, unique: str
) -> None:
    """No emulator delivers there, so the attributes have to be right by themselves."""
    await Provisioner(clients).apply(declared(unique))

    undelivered = attributes(clients, f"{unique}-points-undelivered")
    assert undelivered["MessageRetentionPeriod"] == "1209600"
    (statement,) = json.loads(undelivered["Policy"])["Statement"]
    assert statement["Action"] == "sqs:SendMessage"
    assert statement["Resource"] == undelivered["QueueArn"]
    (source,) = statement["Condition"]["ArnEquals"]["aws:SourceArn"]
    assert source.endswith(f":{unique}-paid")
    subscription = subscription_of(clients, f"{unique}-points")
    assert subscription["RawMessageDelivery"] == "true"
    assert json.loads(subscription["RedrivePolicy"]) == {
        "deadLetterTargetArn": undelivered["QueueArn"]
    }
    assert "Policy" not in attributes(clients, f"{unique}-points-dlq")


async def test_a_policy_that_somebody_opened_is_closed_again(
    clients: AwsClients, unique: str
) -> None:
    provisioner = Provisioner(clients)
    await provisioner.apply(declared(unique))
    url = clients.sqs.get_queue_url(QueueName=f"{unique}-inbox")["QueueUrl"]
    everybody = {"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [everybody]})
    clients.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})

    (change,) = await provisioner.apply(declared(unique))

    assert json.loads(change.before["Policy"])["Statement"] == [everybody]
    assert attributes(clients, f"{unique}-inbox").get("Policy", "") == ""
    assert await provisioner.plan(declared(unique)) == ()


async def test_what_nobody_declares_is_reported_and_left_alone(
    clients: AwsClients, unique: str
) -> None:
    provisioner = Provisioner(clients)
    await provisioner.apply(declared(unique))
    extra = clients.sqs.create_queue(QueueName=f"{unique}-old")["QueueUrl"]
    arn = attributes(clients, f"{unique}-old")["QueueArn"]
    place = arn.replace(":sqs:", ":sns:").rpartition(":")[0]
    for name in ("placed", "paid"):
        topic = f"{place}:{unique}-{name}"
        clients.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    found = {each.name: each.topics for each in await provisioner.strangers(declared(unique))}

    assert found[f"{unique}-old"] == (f"{unique}-paid", f"{unique}-placed")
    assert not {f"{unique}-view", f"{unique}-view-dlq", f"{unique}-view-undelivered"} & set(found)
    await provisioner.apply(declared(unique))
    clients.sqs.get_queue_attributes(QueueUrl=extra, AttributeNames=["QueueArn"])


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
    arn = subscription_of(clients, f"{unique}-points")["SubscriptionArn"]
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

    new = f"{unique}-new"
    assert {change.name for change in applied} == {new, f"{new}-dlq", f"{new}-undelivered"}


async def test_queues_without_topics_can_come_first(clients: AwsClients, unique: str) -> None:
    alone = Topology(queues=(QueueSpec(name=f"{unique}-alone"),), buckets=(f"{unique}-bucket",))
    await Provisioner(clients).apply(alone)

    assert await Provisioner(clients).plan(alone) == ()
    policy = json.loads(attributes(clients, f"{unique}-alone")["RedrivePolicy"])
    assert policy["deadLetterTargetArn"] == attributes(clients, f"{unique}-alone-dlq")["QueueArn"]


def test_a_queue_cannot_listen_to_an_undeclared_topic() -> None:
    with pytest.raises(ValueError, match="not declared: ghosts"):
        Topology(queues=(QueueSpec(name="view", topics=("ghosts",)),))
