"""What is to be changed, and what is only reported, decided without any server."""

from adapters.aws.topology import Found, Place, QueueSpec, Stranger, Topology, changes, strangers

PLACE = Place(partition="aws", region="ap-south-1", account="1")
TOPOLOGY = Topology(
    topics=("placed", "paid"),
    queues=(QueueSpec(name="view", topics=("placed",)), QueueSpec(name="inbox")),
)


def test_a_change_tells_what_was_there_before() -> None:
    found = Found(place=PLACE, topics={"placed", "paid"})
    found.queues = {
        change.name: dict(change.attributes)
        for change in changes(TOPOLOGY, found)
        if change.kind != "subscription"
    }
    found.queues["view"] = {**found.queues["view"], "VisibilityTimeout": "7"}
    (update, _subscription) = changes(TOPOLOGY, found)
    assert update.attributes == {"VisibilityTimeout": "60"}
    assert update.before == {"VisibilityTimeout": "7"}


def test_a_policy_that_nobody_declares_is_taken_away() -> None:
    found = Found(place=PLACE, topics={"placed", "paid"})
    made = [change for change in changes(TOPOLOGY, found) if change.kind != "subscription"]
    found.queues = {change.name: dict(change.attributes) for change in made}
    found.queues["inbox"] = {**found.queues["inbox"], "Policy": '{"Statement": []}'}
    updates = [change for change in changes(TOPOLOGY, found) if change.kind != "subscription"]
    assert [(change.name, dict(change.attributes)) for change in updates] == [
        ("inbox", {"Policy": ""})
    ]


def test_what_nobody_declares_is_reported_with_what_it_listens_to() -> None:
    listening = [
        ("placed", "view"),
        ("paid", "view"),
        ("paid", "audit"),
        ("placed", "audit"),
        ("paid", "https://example.test/hook"),
        ("of-somebody-else", "theirs"),
    ]
    queues = ["view", "view-dlq", "view-undelivered", "inbox", "inbox-dlq", "audit", "theirs"]
    assert strangers(TOPOLOGY, queues, listening) == (
        Stranger(name="audit", topics=("paid", "placed")),
        Stranger(name="https://example.test/hook", topics=("paid",)),
        Stranger(name="theirs"),
        Stranger(name="view", topics=("paid",)),
    )
