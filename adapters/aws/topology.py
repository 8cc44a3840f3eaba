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

POLICY_ID = "TopicsMaySend"

NOT_ALWAYS_TOLD = frozenset({"RedriveAllowPolicy"})
"""Mended only where it is told: moto keeps none, and would be updated at each run."""


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueSpec:
    """A queue, its dead-letter queue, and the topics that feed it.

    Attributes:
        topics: names of topics; each must stand in the topology too.
        visibility_s: how long a received message is hidden.
        max_receive: after how many deliveries a message goes to the dead-letter queue.
        dead_letters: name of that queue; None derives `<name>-dlq`.
        not_delivered: name of the queue for what SNS cannot deliver; None derives
            `<name>-undelivered`. There is none without topics.
    """

    name: str
    topics: tuple[str, ...] = ()
    visibility_s: int = 60
    max_receive: int = 5
    dead_letters: str | None = None
    not_delivered: str | None = None

    @property
    def undelivered(self) -> str | None:
        """Return the name of the subscriptions' dead-letter queue, if there are any."""
        return (self.not_delivered or f"{self.name}-undelivered") if self.topics else None

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of all queues that this one needs, itself last."""
        return (self.dlq, *([self.undelivered] if self.undelivered else ()), self.name)

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
    """One step towards the topology. `topic` is set for subscriptions, whose `name` is a queue.

    Attributes:
        attributes: what is to be set.
        before: for an update, what those attributes say now; absent ones are left out.
    """

    action: Action
    kind: Kind
    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    before: Mapping[str, str] = field(default_factory=dict)
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


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Stranger:
    """A queue that nobody declares, or a subscription that nobody asked for. Only reported.

    Attributes:
        name: of the queue, or the endpoint of another protocol.
        topics: those of our topics that it listens to without being declared to.
    """

    name: str
    topics: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return it as a line of a report."""
        listens = f" listens to {', '.join(self.topics)}" if self.topics else ""
        return f"{self.name}{listens}"


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
        for name, attributes in _dead_letter_queues(spec, found.place):
            yield from _difference(Kind.DEAD_LETTER_QUEUE, name, attributes, found.queues.get(name))
    for spec in wanted.queues:
        attributes = _queue_attributes(spec, found.place)
        yield from _difference(Kind.QUEUE, spec.name, attributes, found.queues.get(spec.name))
    for spec in wanted.queues:
        attributes = _subscription_attributes(spec, found.place)
        for topic in spec.topics:
            there = found.subscriptions.get((topic, spec.name))
            yield from _difference(Kind.SUBSCRIPTION, spec.name, attributes, there, topic)


def strangers(
    wanted: Topology, queues: Iterable[str], listening: Iterable[tuple[str, str]]
) -> tuple[Stranger, ...]:
    """Return what is there and not declared.

    Args:
        wanted: what is declared.
        queues: the names of all queues of the account.
        listening: every subscription as (topic, queue or other endpoint).
    """
    declared = {(topic, spec.name) for spec in wanted.queues for topic in spec.topics}
    ours = {name for spec in wanted.queues for name in spec.names}
    topics: dict[str, set[str]] = {name: set() for name in queues if name not in ours}
    for topic, name in listening:
        if topic in wanted.topics and (topic, name) not in declared:
            topics.setdefault(name, set()).add(topic)
    return tuple(
        Stranger(name=name, topics=tuple(sorted(heard))) for name, heard in sorted(topics.items())
    )


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
        given = {attribute: value for attribute, value in wanted.items() if value}
        yield Change(action=Action.CREATE, kind=kind, name=name, attributes=given, topic=topic)
        return
    different = {
        attribute: value
        for attribute, value in wanted.items()
        if _meaning(there.get(attribute)) != _meaning(value)
        and (attribute in there or attribute not in NOT_ALWAYS_TOLD)
    }
    if different:
        yield Change(
            action=Action.UPDATE,
            kind=kind,
            name=name,
            attributes=different,
            before={attribute: there[attribute] for attribute in different if attribute in there},
            topic=topic,
        )


def _meaning(value: str | None) -> object:
    """Return what a value says: documents may come back with other spaces, numbers as text."""
    try:
        return json.loads(value or "null")
    except ValueError:
        return value


def _dead_letter_queues(spec: QueueSpec, place: Place) -> Iterator[tuple[str, dict[str, str]]]:
    retention = {"MessageRetentionPeriod": str(DEAD_LETTER_RETENTION_S)}
    allow = {"redrivePermission": "byQueue", "sourceQueueArns": [place.queue(spec.name)]}
    yield spec.dlq, {**retention, "RedriveAllowPolicy": json.dumps(allow), "Policy": ""}
    if spec.undelivered:
        yield spec.undelivered, {**retention, **_policy(spec.undelivered, spec, place)}


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
    undelivered = place.queue(spec.undelivered or spec.dlq)
    return {
        "RawMessageDelivery": "true",
        "RedrivePolicy": json.dumps({"deadLetterTargetArn": undelivered}),
    }


def _policy(queue: str, spec: QueueSpec, place: Place) -> dict[str, str]:
    """Let the topics, and nobody else's, put messages on the queue; without topics: nobody."""
    if not spec.topics:
        return {"Policy": ""}
    statement = {
        "Sid": POLICY_ID,
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": place.queue(queue),
        "Condition": {
            "ArnEquals": {"aws:SourceArn": [place.topic(name) for name in sorted(spec.topics)]}
        },
    }
    return {"Policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]})}
