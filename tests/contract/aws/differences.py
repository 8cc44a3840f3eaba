"""Where AWS and the two emulators differ, each as a probe with what it finds.

`python -m tests.contract.aws.differences` renews the table in `docs/emulators.md`; a test runs each
probe, so an emulator that changes is noticed. The column for AWS is its documentation's word.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from adapters.aws.clients import AwsClients, error_code

PAGE = Path(__file__).resolve().parents[3] / "docs" / "emulators.md"
MARK = "<!-- table: python -m tests.contract.aws.differences -->"
KIB = 1024
FEW = 3


class Bench:
    """Topics and queues of one probe."""

    def __init__(self, clients: AwsClients, unique: str) -> None:
        self.sns, self.sqs, self.unique = clients.sns, clients.sqs, unique

    def topic(self) -> str:
        return self.sns.create_topic(Name=f"{self.unique}-topic")["TopicArn"]

    def queue(self, name: str, **attributes: str) -> str:
        given: Any = attributes
        made = self.sqs.create_queue(QueueName=f"{self.unique}-{name}", Attributes=given)
        return made["QueueUrl"]

    def arn(self, url: str) -> str:
        return self.attribute(url, "QueueArn")

    def attribute(self, url: str, name: str) -> str:
        wanted: Any = [name]
        try:
            answer: Any = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=wanted)
        except ClientError:  # an attribute that the emulator has never heard of
            return ""
        return str(answer.get("Attributes", {}).get(name, ""))

    def subscribe(self, topic: str, url: str, **attributes: str) -> None:
        self.sns.subscribe(
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=self.arn(url),
            Attributes={"RawMessageDelivery": "true", **attributes},
        )

    def bodies(self, url: str) -> list[str]:
        found: list[str] = []
        for _ in range(FEW):
            answer = self.sqs.receive_message(
                QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0
            )
            found += [message["Body"] for message in answer.get("Messages", [])]
        return found


Probe = Callable[[Bench], str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One behaviour: what AWS says, what each emulator does, what follows for us."""

    name: str
    probe: Probe
    aws: str
    ministack: str
    moto: str
    means: str


def outcome(call: Callable[[], Any], *, done: str = "accepted", refused: str = "refused") -> str:
    """Say whether a call was taken."""
    try:
        call()
    except ClientError:
        return refused
    return done


def batch_sum(bench: Bench) -> str:
    topic = bench.topic()
    entries: Any = [{"Id": str(each), "Message": "x" * 100 * KIB} for each in range(FEW)]
    return outcome(
        lambda: bench.sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)
    )


def one_large_message(bench: Bench) -> str:
    topic = bench.topic()
    return outcome(lambda: bench.sns.publish(TopicArn=topic, Message="x" * 257 * KIB))


def large_queue_message(bench: Bench) -> str:
    url = bench.queue("q")
    return outcome(lambda: bench.sqs.send_message(QueueUrl=url, MessageBody="x" * 900 * KIB))


def undeliverable(bench: Bench) -> str:
    topic, gone, dead = bench.topic(), bench.queue("gone"), bench.queue("dead")
    redrive = json.dumps({"deadLetterTargetArn": bench.arn(dead)})
    bench.subscribe(topic, gone, RedrivePolicy=redrive)
    bench.sqs.delete_queue(QueueUrl=gone)
    outcome(lambda: bench.sns.publish(TopicArn=topic, Message="hello"))
    return "in the subscription's dead letters" if bench.bodies(dead) else "lost"


def neighbour_of_a_dead_subscriber(bench: Bench) -> str:
    topic, gone, alive = bench.topic(), bench.queue("gone"), bench.queue("alive")
    bench.subscribe(topic, gone)
    bench.subscribe(topic, alive)
    bench.sqs.delete_queue(QueueUrl=gone)
    published = outcome(lambda: bench.sns.publish(TopicArn=topic, Message="hello"))
    served = "served" if bench.bodies(alive) else "gets nothing"
    return served if published == "accepted" else f"{served}, publish fails"


def queue_policy(bench: Bench) -> str:
    topic, url = bench.topic(), bench.queue("q")
    bench.subscribe(topic, url)
    bench.sns.publish(TopicArn=topic, Message="hello")
    return "not enforced" if bench.bodies(url) else "enforced"


def move_task(bench: Bench) -> str:
    dead = bench.queue("dead")
    redrive = json.dumps({"deadLetterTargetArn": bench.arn(dead), "maxReceiveCount": 3})
    bench.queue("source", RedrivePolicy=redrive)
    arn = bench.arn(dead)
    return outcome(
        lambda: bench.sqs.start_message_move_task(SourceArn=arn), done="there", refused="missing"
    )


def redrive_allow_policy(bench: Bench) -> str:
    allow = json.dumps({"redrivePermission": "denyAll"})
    url = bench.queue("q", RedriveAllowPolicy=allow)
    return "told" if bench.attribute(url, "RedriveAllowPolicy") else "not told"


def stale_handle(bench: Bench) -> str:
    url = bench.queue("q", VisibilityTimeout="0")
    bench.sqs.send_message(QueueUrl=url, MessageBody="hello")
    handles = [
        bench.sqs.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"] for _ in range(2)
    ]
    answer = bench.sqs.delete_message_batch(
        QueueUrl=url, Entries=[{"Id": "0", "ReceiptHandle": handles[0]}]
    )
    if answer.get("Failed"):
        return "refused"
    return "deletes" if not bench.bodies(url) else "accepted, deletes nothing"


def other_subscription_attributes(bench: Bench) -> str:
    topic, url = bench.topic(), bench.queue("q")
    bench.subscribe(topic, url)
    arn = bench.arn(url)
    return outcome(
        lambda: bench.sns.subscribe(
            TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "false"}
        )
    )


def other_queue_attributes(bench: Bench) -> str:
    bench.queue("q", VisibilityTimeout="30")
    return outcome(lambda: bench.queue("q", VisibilityTimeout="31"))


def made_again_at_once(bench: Bench) -> str:
    bench.sqs.delete_queue(QueueUrl=bench.queue("q"))
    return outcome(lambda: bench.queue("q"), refused="refused for 60 s")


def received_too_often(bench: Bench) -> str:
    dead = bench.queue("dead")
    redrive = json.dumps({"deadLetterTargetArn": bench.arn(dead), "maxReceiveCount": 2})
    url = bench.queue("q", VisibilityTimeout="0", RedrivePolicy=redrive)
    bench.sqs.send_message(QueueUrl=url, MessageBody="poison")
    bench.bodies(url)
    return "dead letter" if bench.bodies(dead) else "stays"


def order_of_a_topic(bench: Bench) -> str:
    topic, url = bench.topic(), bench.queue("q")
    bench.subscribe(topic, url)
    sent = [str(number) for number in range(20)]
    for message in sent:
        bench.sns.publish(TopicArn=topic, Message=message)
    return "kept" if bench.bodies(url) == sent else "not kept"


def unknown_queue(bench: Bench) -> str:
    try:
        bench.sqs.get_queue_url(QueueName=f"{bench.unique}-nobody")
    except ClientError as error:
        return error_code(error).rpartition(".")[2]
    return "found"


DIFFERENCES: tuple[Difference, ...] = (
    Difference(
        name="publish batch above 256 KiB in sum",
        probe=batch_sum,
        aws="refused",
        ministack="accepted",
        moto="accepted",
        means="the publisher sums the bytes itself; a test counts them",
    ),
    Difference(
        name="one message above 256 KiB to a topic",
        probe=one_large_message,
        aws="refused",
        ministack="refused",
        moto="refused",
        means="an event as large is named and never sent",
    ),
    Difference(
        name="900 KiB to a queue",
        probe=large_queue_message,
        aws="accepted",
        ministack="accepted",
        moto="accepted",
        means="webhooks have room",
    ),
    Difference(
        name="what a topic cannot deliver",
        probe=undeliverable,
        aws="in the subscription's dead letters",
        ministack="lost",
        moto="lost",
        means="attributes of the subscription and its queue are asserted; redrive is tested "
        "from a queue that is filled by hand",
    ),
    Difference(
        name="the neighbour of a dead subscriber",
        probe=neighbour_of_a_dead_subscriber,
        aws="served",
        ministack="served",
        moto="gets nothing, publish fails",
        means="moto is for contract tests alone; the stack runs on ministack",
    ),
    Difference(
        name="the queue's policy",
        probe=queue_policy,
        aws="enforced",
        ministack="not enforced",
        moto="not enforced",
        means="its text is asserted, and compared with the Terraform export",
    ),
    Difference(
        name="`StartMessageMoveTask`",
        probe=move_task,
        aws="there",
        ministack="missing",
        moto="missing",
        means="`orders dlq redrive` receives, sends, deletes",
    ),
    Difference(
        name="`RedriveAllowPolicy` among the attributes",
        probe=redrive_allow_policy,
        aws="told",
        ministack="told",
        moto="not told",
        means="provisioning mends it only where it is told",
    ),
    Difference(
        name="deleting by a receipt that a later one replaced",
        probe=stale_handle,
        aws="accepted, deletes nothing",
        ministack="refused",
        moto="deletes",
        means="neither is an error for the runner: the message comes again or it does not",
    ),
    Difference(
        name="subscribing again with other attributes",
        probe=other_subscription_attributes,
        aws="refused",
        ministack="accepted",
        moto="accepted",
        means="provisioning sets attributes of a subscription that is there one by one",
    ),
    Difference(
        name="creating a queue again with other attributes",
        probe=other_queue_attributes,
        aws="refused",
        ministack="refused",
        moto="refused",
        means="provisioning updates instead",
    ),
    Difference(
        name="creating a queue that was just deleted",
        probe=made_again_at_once,
        aws="refused for 60 s",
        ministack="accepted",
        moto="accepted",
        means="nothing is ever deleted by us",
    ),
    Difference(
        name="a message received too often",
        probe=received_too_often,
        aws="dead letter",
        ministack="dead letter",
        moto="dead letter",
        means="poison leaves by itself",
    ),
    Difference(
        name="order of a standard topic",
        probe=order_of_a_topic,
        aws="not kept",
        ministack="kept",
        moto="kept",
        means="the conformance suite shuffles and repeats by itself",
    ),
    Difference(
        name="error for a queue that is not there",
        probe=unknown_queue,
        aws="NonExistentQueue",
        ministack="NonExistentQueue",
        moto="NonExistentQueue",
        means="told as: run `orders provision`",
    ),
)


def table() -> str:
    """The table as the page should hold it."""
    head = "| behaviour | AWS | ministack | moto | so we |\n|---|---|---|---|---|"
    rows = (
        f"| {each.name} | {each.aws} | {_marked(each.ministack, each)} "
        f"| {_marked(each.moto, each)} | {each.means} |"
        for each in DIFFERENCES
    )
    return "\n".join([head, *rows])


def _marked(text: str, row: Difference) -> str:
    return text if text == row.aws else f"**{text}**"


def page() -> str:
    """The whole page with its table renewed."""
    before = PAGE.read_text(encoding="utf-8").partition(MARK)[0]
    return f"{before}{MARK}\n\n{table()}\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
