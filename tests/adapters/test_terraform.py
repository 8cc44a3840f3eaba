"""The Terraform export says what the provisioner does, attribute by attribute."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from adapters.aws.terraform import terraform_of
from adapters.aws.topology import Change, Found, Kind, Place, QueueSpec, Topology, changes

PLACE = Place(partition="aws", region="ap-south-1", account="123456789012")
TOPICS = ("orders-order_placed", "orders-order_completed")
TOPOLOGY = Topology(
    topics=TOPICS,
    queues=(
        QueueSpec(name="order-view", topics=TOPICS, visibility_s=30, max_receive=12),
        QueueSpec(name="points", topics=TOPICS[1:], dead_letters="points-dead"),
        QueueSpec(name="webhook-inbox"),
    ),
)
# As the provider names them (hashicorp/aws 6): what may be set on each resource.
ALLOWED = {
    "aws_sns_topic": {"name"},
    "aws_sqs_queue": {
        "name",
        "message_retention_seconds",
        "visibility_timeout_seconds",
        "redrive_policy",
    },
    "aws_sqs_queue_policy": {"queue_url", "policy"},
    "aws_sqs_queue_redrive_allow_policy": {"queue_url", "redrive_allow_policy"},
    "aws_sns_topic_subscription": {
        "topic_arn",
        "protocol",
        "endpoint",
        "raw_message_delivery",
        "redrive_policy",
    },
}
REFERENCE = re.compile(r"\$\{([a-z_.]+\.[A-Za-z0-9_]+\.(?:arn|id|json))\}")
CALL = re.compile(r"\$\{jsonencode\((.*)\)\}")
BARE = re.compile(r"(?<![\"\w])(aws_[a-z_]+\.\w+\.arn)")
KEY = re.compile(r"(\w+) = ")


class Evaluator:
    """As much of Terraform as the export needs; an unknown reference is a KeyError."""

    def __init__(self, configuration: Mapping[str, Any]) -> None:
        self._resources = configuration["resource"]
        self._policies = configuration["data"]["aws_iam_policy_document"]

    def value(self, text: str) -> str:
        call = CALL.fullmatch(text)
        if call:
            document = KEY.sub(r'"\1": ', BARE.sub(lambda m: f'"{self._refer(m[1])}"', call[1]))
            return json.dumps(json.loads(document))
        reference = REFERENCE.fullmatch(text)
        return self._refer(reference[1]) if reference else text

    def _refer(self, path: str) -> str:
        *kind, name, attribute = path.split(".")
        if kind == ["data", "aws_iam_policy_document"]:
            return self._policy(self._policies[name])
        thing = self._resources[kind[0]][name]["name"]
        arn = {"aws_sqs_queue": PLACE.queue, "aws_sns_topic": PLACE.topic}[kind[0]](thing)
        return arn if attribute == "arn" else str(thing)

    def _policy(self, document: Mapping[str, Any]) -> str:
        (said,) = document["statement"]
        (principal,), (condition,) = said["principals"], said["condition"]
        statement = {
            "Sid": said["sid"],
            "Effect": "Allow",
            "Principal": {principal["type"]: principal["identifiers"][0]},
            "Action": said["actions"][0],
            "Resource": self.value(said["resources"][0]),
            "Condition": {
                condition["test"]: {
                    condition["variable"]: [self.value(each) for each in condition["values"]]
                }
            },
        }
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_it_declares_exactly_what_the_provisioner_makes() -> None:
    configuration = terraform_of(TOPOLOGY)
    made = {_key(change): _meaning(change.attributes) for change in _made()}
    assert _declared(configuration) == made


def _made() -> list[Change]:
    return list(changes(TOPOLOGY, Found(place=PLACE)))


def _key(change: Change) -> tuple[str, ...]:
    if change.kind is Kind.SUBSCRIPTION:
        return "subscription", PLACE.topic(change.topic), PLACE.queue(change.name)
    return ("topic" if change.kind is Kind.TOPIC else "queue"), change.name


def _declared(configuration: Mapping[str, Any]) -> dict[tuple[str, ...], dict[str, Any]]:
    resources, evaluate = configuration["resource"], Evaluator(configuration).value
    found: dict[tuple[str, ...], dict[str, Any]] = {
        ("topic", each["name"]): {} for each in resources["aws_sns_topic"].values()
    }
    for each in resources["aws_sqs_queue"].values():
        attributes = {"MessageRetentionPeriod": str(each["message_retention_seconds"])}
        if "redrive_policy" in each:
            attributes["VisibilityTimeout"] = str(each["visibility_timeout_seconds"])
            attributes["RedrivePolicy"] = evaluate(each["redrive_policy"])
        found["queue", each["name"]] = _meaning(attributes)
    for kind, attribute, name in (
        ("aws_sqs_queue_policy", "policy", "Policy"),
        ("aws_sqs_queue_redrive_allow_policy", "redrive_allow_policy", "RedriveAllowPolicy"),
    ):
        for each in resources[kind].values():
            queue = evaluate(each["queue_url"])
            found["queue", queue] |= _meaning({name: evaluate(each[attribute])})
    for each in resources["aws_sns_topic_subscription"].values():
        key = ("subscription", evaluate(each["topic_arn"]), evaluate(each["endpoint"]))
        assert each["protocol"] == "sqs"
        found[key] = _meaning(
            {
                "RawMessageDelivery": json.dumps(each["raw_message_delivery"]),
                "RedrivePolicy": evaluate(each["redrive_policy"]),
            }
        )
    return found


def _meaning(attributes: Mapping[str, str]) -> dict[str, Any]:
    return {name: json.loads(value) for name, value in attributes.items()}


def test_every_attribute_is_one_that_the_provider_knows() -> None:
    resources = terraform_of(TOPOLOGY)["resource"]
    assert resources.keys() == ALLOWED.keys()
    for kind, named in resources.items():
        for resource in named.values():
            assert resource.keys() <= ALLOWED[kind]


@pytest.mark.parametrize("section", ["aws_sqs_queue", "aws_sns_topic"])
def test_a_reference_to_what_is_not_declared_would_be_noticed(section: str) -> None:
    configuration = terraform_of(TOPOLOGY)
    configuration["resource"][section].popitem()
    with pytest.raises(KeyError):
        _declared(configuration)
