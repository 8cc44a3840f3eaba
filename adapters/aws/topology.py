"""Which topics, queues, subscriptions and buckets there have to be, and what is to be done for it.

Pure: `changes` compares what is wanted with what was found. `provisioner.py` finds and applies.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

DAY_S = 86_400
RETENTION_S = 4 * DAY_S
DEAD_LETTER_RETENTION_S = 14 * DAY_S
"""A dead letter keeps the age it had, so its queue has to keep it for longer than the first."""

NOT_ALWAYS_TOLD = frozenset({"RedriveAllowPolicy"})
"""Mended only where it is told: moto keeps none, and would be updated at each run."""


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueSpec:
    """A queue, its dead-letter queue, and the topics that feed it.

    Attributes:
        topics: names of topics; each must stand in the topology too.
        visibility_s: how long a received message is hidden.
        max_receive: after how many deliveries a message goes to the dead-letter queue.
        dead_letters: name of that queue; None derives `<name>-dlq`. What SNS cannot deliver ends
            there as well.
    """

    name: str
    topics: tuple[str, ...] = ()
    visibility_s: int = 60
    max_receive: int = 5
    dead_letters: str | None = None

    @property
    def dlq(self) -> str:
        """Return the name of the dead-letter queue."""
        return self.dead_letters or f"{self.name}-dlq"


@dataclass(frozen=True, kw_only=True, slots=True)
class Topology:
    """Everything that has to exist before the first event."""

    topics: tuple[str, ...] = ()
    queues: tuple[QueueSpec, ...] = ()
    buckets: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a queue that listens to a topic which nobody makes."""
        unknown = {name for queue in self.queues for name in queue.topics} - set(self.topics)
        if unknown:
            message = f"queues listen to topics that are not declared: {', '.join(sorted(unknown))}"
            raise ValueError(message)


class Kind(StrEnum):
    """What a change is about, in the order in which changes have to be made."""

    TOPIC = "topic"
    BUCKET = "bucket"
    DEAD_LETTER_QUEUE = "dead-letter queue"
    QUEUE = "queue"
    SUBSCRIPTION = "subscription"


class Action(StrEnum):
    """What is done."""

    CREATE = "create"
    UPDATE = "update"


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One step towards the topology. `topic` is set for subscriptions, whose `name` is a queue."""

    action: Action
    kind: Kind
    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    topic: str = ""

    def __str__(self) -> str:
        """Return it as a line of a plan."""
        source = f" to {self.topic}" if self.topic else ""
        return f"{self.action} {self.kind} {self.name}{source}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Partition, region and account, from which every ARN follows."""

    partition: str
    region: str
    account: str

    @classmethod
    def of_arn(cls, arn: str) -> "Place":
        """Return where the owner of an ARN lives."""
        _, partition, _, region, account = arn.split(":")[:5]
        return cls(partition=partition, region=region, account=account)

    @classmethod
    def unknown(cls, region: str) -> "Place":
        """Return the place of an account in which nothing of ours exists yet."""
        return cls(partition="aws", region=region, account="")

    def topic(self, name: str) -> str:
        """Return the ARN of a topic."""
        return f"arn:{self.partition}:sns:{self.region}:{self.account}:{name}"

    def queue(self, name: str) -> str:
        """Return the ARN of a queue."""
        return f"arn:{self.partition}:sqs:{self.region}:{self.account}:{name}"


@dataclass(kw_only=True, slots=True)
class Found:
    """What there is: queues with their attributes, subscriptions by (topic, queue)."""

    place: Place
    topics: set[str] = field(default_factory=set)
    buckets: set[str] = field(default_factory=set)
    queues: dict[str, Mapping[str, str]] = field(default_factory=dict)
    subscriptions: dict[tuple[str, str], Mapping[str, str]] = field(default_factory=dict)


def changes(wanted: Topology, found: Found) -> Iterator[Change]:
    """Yield what is missing or different, in the order in which it has to be made.

    Nothing is ever removed: a queue that nobody declares any more may still hold messages.
    """
    yield from _missing(Kind.TOPIC, wanted.topics, found.topics)
    yield from _missing(Kind.BUCKET, wanted.buckets, found.buckets)
    for spec in wanted.queues:
        attributes = _dead_letter_attributes(spec, found.place)
        yield from _difference(
            Kind.DEAD_LETTER_QUEUE, spec.dlq, attributes, found.queues.get(spec.dlq)
        )
    for spec in wanted.queues:
        attributes = _queue_attributes(spec, found.place)
        yield from _difference(Kind.QUEUE, spec.name, attributes, found.queues.get(spec.name))
    for spec in wanted.queues:
        attributes = _subscription_attributes(spec, found.place)
        for topic in spec.topics:
            there = found.subscriptions.get((topic, spec.name))
            yield from _difference(Kind.SUBSCRIPTION, spec.name, attributes, there, topic)


def _missing(kind: Kind, wanted: Iterable[str], there: Collection[str]) -> Iterator[Change]:
    for name in wanted:
        if name not in there:
            yield Change(action=Action.CREATE, kind=kind, name=name)


def _difference(
    kind: Kind,
    name: str,
    wanted: Mapping[str, str],
    there: Mapping[str, str] | None,
    topic: str = "",
) -> Iterator[Change]:
    if there is None:
        yield Change(
            action=Action.CREATE, kind=kind, name=name, attributes=dict(wanted), topic=topic
        )
        return
    different = {
        attribute: value
        for attribute, value in wanted.items()
        if _meaning(there.get(attribute)) != _meaning(value)
        and (attribute in there or attribute not in NOT_ALWAYS_TOLD)
    }
    if different:
        yield Change(action=Action.UPDATE, kind=kind, name=name, attributes=different, topic=topic)


def _meaning(value: str | None) -> object:
    """Return what a value says: documents may come back with other spaces, numbers as text."""
    try:
        return json.loads(value or "null")
    except ValueError:
        return value


def _dead_letter_attributes(spec: QueueSpec, place: Place) -> dict[str, str]:
    return {
        "MessageRetentionPeriod": str(DEAD_LETTER_RETENTION_S),
        "RedriveAllowPolicy": json.dumps(
            {"redrivePermission": "byQueue", "sourceQueueArns": [place.queue(spec.name)]}
        ),
        **_policy(spec.dlq, spec, place),
    }


def _queue_attributes(spec: QueueSpec, place: Place) -> dict[str, str]:
    return {
        "VisibilityTimeout": str(spec.visibility_s),
        "MessageRetentionPeriod": str(RETENTION_S),
        "RedrivePolicy": json.dumps(
            {"deadLetterTargetArn": place.queue(spec.dlq), "maxReceiveCount": spec.max_receive}
        ),
        **_policy(spec.name, spec, place),
    }


def _subscription_attributes(spec: QueueSpec, place: Place) -> dict[str, str]:
    return {
        "RawMessageDelivery": "true",
        "RedrivePolicy": json.dumps({"deadLetterTargetArn": place.queue(spec.dlq)}),
    }


def _policy(queue: str, spec: QueueSpec, place: Place) -> dict[str, str]:
    """Let the topics, and nobody else's, put messages on the queue."""
    if not spec.topics:
        return {}
    statement = {
        "Sid": "topics-may-send",
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": place.queue(queue),
        "Condition": {
            "ArnEquals": {"aws:SourceArn": [place.topic(name) for name in sorted(spec.topics)]}
        },
    }
    return {"Policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]})}
