import json

from adapters.aws.topology import Action, Change, Kind, Stranger
from workers.provision_report import report


def lines(*changes: Change, strangers: tuple[Stranger, ...] = ()) -> list[str]:
    return [line.plain for line in report(changes, strangers)]


def arn(name: str) -> str:
    return f"arn:aws:sqs:ap-south-1:1:{name}"


def test_a_new_queue_is_shown_with_what_is_set() -> None:
    redrive = json.dumps({"deadLetterTargetArn": arn("view-dlq"), "maxReceiveCount": 12})
    attributes = {"VisibilityTimeout": "30", "RedrivePolicy": redrive}
    made = Change(action=Action.CREATE, kind=Kind.QUEUE, name="view", attributes=attributes)
    assert lines(made) == ["+ queue view  VisibilityTimeout 30, RedrivePolicy view-dlq after 12"]


def test_a_difference_is_shown_with_the_old_and_the_new_value() -> None:
    topics = {"ArnEquals": {"aws:SourceArn": [arn("a"), arn("b")]}}
    changed = Change(
        action=Action.UPDATE,
        kind=Kind.QUEUE,
        name="view",
        attributes={
            "VisibilityTimeout": "30",
            "Policy": json.dumps({"Statement": [{"Condition": topics}]}),
            "RedriveAllowPolicy": json.dumps({"sourceQueueArns": [arn("view")]}),
        },
        before={"VisibilityTimeout": "7", "Policy": json.dumps({"Statement": [{"Action": "*"}]})},
    )
    assert lines(changed) == [
        "~ queue view",
        "    VisibilityTimeout: 7 → 30",
        '    Policy: {"Statement":[{"Action":"*"}]} → 2 topics may send',
        "    RedriveAllowPolicy: none → for view",
    ]


def test_one_subscription_after_the_other_is_counted_not_listed() -> None:
    def subscription(number: int, queue: str) -> Change:
        return Change(
            action=Action.CREATE,
            kind=Kind.SUBSCRIPTION,
            name=queue,
            topic=f"t{number}",
            attributes={"RawMessageDelivery": "true"},
        )

    few = [subscription(number, "few") for number in range(2)]
    many = [subscription(number, "many") for number in range(41)]
    assert lines(*few, *many) == [
        "+ subscription few to t0  RawMessageDelivery true",
        "+ subscription few to t1  RawMessageDelivery true",
        "+ subscription many to 41 topics  RawMessageDelivery true",
    ]


def test_what_nobody_declares_is_named() -> None:
    strangers = (Stranger(name="old", topics=("paid",)), Stranger(name="theirs"))
    assert lines(strangers=strangers) == [
        "? old listens to paid: nobody declares this; left as it is",
        "? theirs: nobody declares this; left as it is",
    ]
