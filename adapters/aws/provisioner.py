"""Makes topics, queues, subscriptions and buckets what the topology says. Safe to repeat."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import groupby
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from adapters.aws.clients import AwsClients, error_code
from adapters.aws.queue import MISSING
from adapters.aws.topology import (
    Action,
    Change,
    Found,
    Kind,
    Place,
    Stranger,
    Topology,
    changes,
    strangers,
)

PAGE = 1000
HANDS = 8
"""Calls side by side; fewer than the connections of a client."""
NO_BUCKET = frozenset({"404", "NoSuchBucket", "NotFound"})
BUCKET_IS_OURS = frozenset({"BucketAlreadyOwnedByYou"})
FIRST_REGION = "us-east-1"
"""The one region in which S3 refuses to be told the region."""

Item = TypeVar("Item")
Result = TypeVar("Result")


class Provisioner:
    """Finds what there is, plans and applies what is missing."""

    def __init__(self, clients: AwsClients) -> None:
        self._clients = clients

    async def plan(self, topology: Topology) -> tuple[Change, ...]:
        """Return what `apply` would do; nothing is changed.

        Raises:
            StoreUnavailable: AWS did not answer, or refused.
        """
        return await self._clients.call(self._plan, topology=topology)

    async def apply(self, topology: Topology) -> tuple[Change, ...]:
        """Make everything that is missing or different, and return what was done.

        Raises:
            StoreUnavailable: AWS did not answer, or refused; repeating goes on where this stopped.
        """
        return await self._clients.call(self._apply, topology=topology)

    async def strangers(self, topology: Topology) -> tuple[Stranger, ...]:
        """Return queues and subscriptions that nobody declares; they are left as they are.

        Raises:
            StoreUnavailable: AWS did not answer, or refused.
        """
        return await self._clients.call(self._strangers, topology=topology)

    def _strangers(self, topology: Topology) -> tuple[Stranger, ...]:
        pages = self._clients.sqs.get_paginator("list_queues").paginate(
            PaginationConfig={"PageSize": PAGE}
        )
        queues = [url.rpartition("/")[2] for page in pages for url in page.get("QueueUrls", ())]
        listening = [
            (item["TopicArn"].rpartition(":")[2], _endpoint(item))
            for item in self._subscription_items()
        ]
        return strangers(topology, queues, listening)

    def _plan(self, topology: Topology) -> tuple[Change, ...]:
        return tuple(changes(topology, self._find(topology)))

    def _apply(self, topology: Topology) -> tuple[Change, ...]:
        found = self._find(topology)
        todo = tuple(changes(topology, found))
        if not found.place.account and self._make_first(todo):
            found = self._find(topology)
        for _, group in groupby(changes(topology, found), key=lambda change: change.kind):
            self._each(group, partial(self._make, found.place))
        return todo

    def _make_first(self, todo: Iterable[Change]) -> bool:
        """Make one thing bare: the account stands in policies, and only what exists tells it."""
        for change in todo:
            if change.kind in {Kind.TOPIC, Kind.DEAD_LETTER_QUEUE}:
                self._make(self._place(()), replace(change, attributes={}))
                return True
        return False

    def _make(self, place: Place, change: Change) -> None:
        match change.kind:
            case Kind.TOPIC:
                self._clients.sns.create_topic(Name=change.name)
            case Kind.BUCKET:
                self._make_bucket(change.name)
            case Kind.QUEUE | Kind.DEAD_LETTER_QUEUE:
                self._make_queue(change)
            case Kind.SUBSCRIPTION:
                self._make_subscription(place, change)

    def _find(self, topology: Topology) -> Found:
        topics = self._topic_arns()
        names = [name for spec in topology.queues for name in spec.names]
        queues = dict(pair for pair in self._each(names, self._queue) if pair is not None)
        place = self._place([*topics, *(queue["QueueArn"] for queue in queues.values())])
        found = Found(place=place, topics={arn.rpartition(":")[2] for arn in topics}, queues=queues)
        found.buckets = {
            name
            for name, there in zip(
                topology.buckets, self._each(topology.buckets, self._has_bucket), strict=True
            )
            if there
        }
        ours = {place.queue(name): name for name in names}
        subscriptions = [
            (item["TopicArn"].rpartition(":")[2], ours[item["Endpoint"]], item["SubscriptionArn"])
            for item in self._subscription_items()
            if item["Endpoint"] in ours
        ]
        found.subscriptions = dict(self._each(subscriptions, self._subscription))
        return found

    def _place(self, arns: Sequence[str]) -> Place:
        return Place.of_arn(arns[0]) if arns else Place.unknown(self._clients.region)

    def _topic_arns(self) -> list[str]:
        pages = self._clients.sns.get_paginator("list_topics").paginate()
        return [item["TopicArn"] for page in pages for item in page["Topics"]]

    def _subscription_items(self) -> list[Any]:
        pages = self._clients.sns.get_paginator("list_subscriptions").paginate()
        return [item for page in pages for item in page["Subscriptions"]]

    def _queue(self, name: str) -> tuple[str, Mapping[str, str]] | None:
        try:
            url = self._clients.sqs.get_queue_url(QueueName=name)["QueueUrl"]
        except ClientError as error:
            if error_code(error) in MISSING:
                return None
            raise
        return name, self._attributes(url)

    def _attributes(self, url: str) -> Mapping[str, str]:
        answer: Any = self._clients.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        attributes: Mapping[str, str] = answer.get("Attributes", {})
        return attributes

    def _has_bucket(self, name: str) -> bool:
        try:
            self._clients.s3.head_bucket(Bucket=name)
        except ClientError as error:
            if error_code(error) in NO_BUCKET:
                return False
            raise
        return True

    def _subscription(
        self, item: tuple[str, str, str]
    ) -> tuple[tuple[str, str], Mapping[str, str]]:
        topic, queue, arn = item
        answer = self._clients.sns.get_subscription_attributes(SubscriptionArn=arn)
        return (topic, queue), answer["Attributes"]

    def _make_bucket(self, name: str) -> None:
        region = self._clients.region
        where: Any = (
            {}
            if region == FIRST_REGION
            else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        )
        try:
            self._clients.s3.create_bucket(Bucket=name, **where)
        except ClientError as error:
            if error_code(error) not in BUCKET_IS_OURS:
                raise

    def _make_queue(self, change: Change) -> None:
        # Any: the type of the attributes lists names, which here are known only at run time.
        attributes: Any = dict(change.attributes)
        if change.action is Action.CREATE:
            self._clients.sqs.create_queue(QueueName=change.name, Attributes=attributes)
            return
        url = self._clients.sqs.get_queue_url(QueueName=change.name)["QueueUrl"]
        self._clients.sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)

    def _make_subscription(self, place: Place, change: Change) -> None:
        # Subscribing again returns the subscription there is, but refuses other attributes.
        wanted = dict(change.attributes) if change.action is Action.CREATE else {}
        arn = self._clients.sns.subscribe(
            TopicArn=place.topic(change.topic),
            Protocol="sqs",
            Endpoint=place.queue(change.name),
            Attributes=wanted,
            ReturnSubscriptionArn=True,
        )["SubscriptionArn"]
        if change.action is Action.UPDATE:
            for name, value in change.attributes.items():
                self._clients.sns.set_subscription_attributes(
                    SubscriptionArn=arn, AttributeName=name, AttributeValue=value
                )

    def _each(self, items: Iterable[Item], work: Callable[[Item], Result]) -> list[Result]:
        """Do the work side by side; the first error is raised once all have ended."""
        with ThreadPoolExecutor(HANDS, thread_name_prefix="provision") as hands:
            return list(hands.map(work, items))


def _endpoint(subscription: Any) -> str:
    """Return the queue's name, or where another protocol delivers to."""
    endpoint = str(subscription["Endpoint"])
    return endpoint.rpartition(":")[2] if subscription["Protocol"] == "sqs" else endpoint
