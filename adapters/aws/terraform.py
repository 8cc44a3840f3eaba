"""The topology as Terraform, for those who keep their AWS account that way.

Pure, and from the same declarations as `provisioner.py`. Buckets are left out: their names belong
to an installation.
"""

from typing import Any, Final

from adapters.aws.topology import (
    DEAD_LETTER_RETENTION_S,
    POLICY_ID,
    RETENTION_S,
    QueueSpec,
    Topology,
)

JSON = dict[str, Any]

NOTE: Final = (
    "Generated from domain/events.py and the consumers' contracts by "
    "`orders provision --terraform`; do not edit."
)
REQUIRED: Final = {
    "required_version": ">= 1.5",
    "required_providers": {"aws": {"source": "hashicorp/aws", "version": ">= 5.0"}},
}


def terraform_of(topology: Topology) -> JSON:
    """Return the configuration in Terraform's JSON syntax."""
    fed = [spec for spec in topology.queues if spec.undelivered]
    return {
        "//": NOTE,
        "terraform": REQUIRED,
        "data": {
            "aws_iam_policy_document": {
                _id(name): _policy(name, spec.topics)
                for spec in fed
                for name in (spec.name, spec.undelivered or "")
            }
        },
        "resource": {
            "aws_sns_topic": {_id(name): {"name": name} for name in topology.topics},
            "aws_sqs_queue": {
                key: queue for spec in topology.queues for key, queue in _queues(spec).items()
            },
            "aws_sqs_queue_redrive_allow_policy": {
                _id(spec.dlq): _allow(spec) for spec in topology.queues
            },
            "aws_sqs_queue_policy": {
                _id(name): {
                    "queue_url": f"${{aws_sqs_queue.{_id(name)}.id}}",
                    "policy": f"${{data.aws_iam_policy_document.{_id(name)}.json}}",
                }
                for spec in fed
                for name in (spec.name, spec.undelivered or "")
            },
            "aws_sns_topic_subscription": {
                f"{_id(spec.name)}__{_id(topic)}": _subscription(spec, topic)
                for spec in fed
                for topic in spec.topics
            },
        },
    }


def _id(name: str) -> str:
    return name.replace("-", "_")


def _arn(name: str) -> str:
    return f"aws_sqs_queue.{_id(name)}.arn"


def _queues(spec: QueueSpec) -> dict[str, JSON]:
    dead = [name for name in spec.names if name != spec.name]
    target = f"deadLetterTargetArn = {_arn(spec.dlq)}, maxReceiveCount = {spec.max_receive}"
    return {
        **{
            _id(name): {"name": name, "message_retention_seconds": DEAD_LETTER_RETENTION_S}
            for name in dead
        },
        _id(spec.name): {
            "name": spec.name,
            "visibility_timeout_seconds": spec.visibility_s,
            "message_retention_seconds": RETENTION_S,
            "redrive_policy": f"${{jsonencode({{{target}}})}}",
        },
    }


def _allow(spec: QueueSpec) -> JSON:
    permission = f'redrivePermission = "byQueue", sourceQueueArns = [{_arn(spec.name)}]'
    return {
        "queue_url": f"${{aws_sqs_queue.{_id(spec.dlq)}.id}}",
        "redrive_allow_policy": f"${{jsonencode({{{permission}}})}}",
    }


def _policy(queue: str, topics: tuple[str, ...]) -> JSON:
    return {
        "statement": [
            {
                "sid": POLICY_ID,
                "actions": ["sqs:SendMessage"],
                "resources": [f"${{{_arn(queue)}}}"],
                "principals": [{"type": "Service", "identifiers": ["sns.amazonaws.com"]}],
                "condition": [
                    {
                        "test": "ArnEquals",
                        "variable": "aws:SourceArn",
                        "values": [
                            f"${{aws_sns_topic.{_id(name)}.arn}}" for name in sorted(topics)
                        ],
                    }
                ],
            }
        ]
    }


def _subscription(spec: QueueSpec, topic: str) -> JSON:
    target = f"deadLetterTargetArn = {_arn(spec.undelivered or spec.dlq)}"
    return {
        "topic_arn": f"${{aws_sns_topic.{_id(topic)}.arn}}",
        "protocol": "sqs",
        "endpoint": f"${{{_arn(spec.name)}}}",
        "raw_message_delivery": True,
        "redrive_policy": f"${{jsonencode({{{target}}})}}",
    }
