"""Topics and queues as the event table and the consumers' contracts declare them."""

import json

from adapters.aws.terraform import terraform_of
from adapters.aws.topology import QueueSpec, Topology
from consumers.contract import QueueDeclaration
from consumers.registry import queue_declarations
from domain.events import EventType, topic


def topology(*buckets: str) -> Topology:
    """Return all topics, heard or not, and the queues that the consumers' contracts ask for."""
    return Topology(
        topics=tuple(topic(event_type) for event_type in EventType),
        queues=tuple(queue_spec(declaration) for declaration in queue_declarations()),
        buckets=buckets,
    )


def queue_spec(declaration: QueueDeclaration) -> QueueSpec:
    """Return the queue of a consumer for the provisioner."""
    return QueueSpec(
        name=declaration.name,
        topics=declaration.topics,
        visibility_s=declaration.visibility_s,
        max_receive=declaration.max_receive,
        dead_letters=declaration.dlq,
        not_delivered=declaration.undelivered,
    )


def terraform() -> str:
    """Return `deploy/terraform/events.tf.json` as it should be."""
    return json.dumps(terraform_of(topology()), indent=2) + "\n"
