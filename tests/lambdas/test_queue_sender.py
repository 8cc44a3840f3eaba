import json
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lambdas import queue_sender
from lambdas.queue_sender import QueueSender, QueueUnavailable, credentials_in, tls_context
from lambdas.sigv4 import Credentials
from sandbox.lambda_runtime.queue_stub import Mood, QueueStub
from tests.lambdas.certificates import Authority

CREDENTIALS = Credentials(access_key="AKIDEXAMPLE", secret_key="secret", session_token="token")


SENDERS: list[QueueSender] = []


def sender_to(stub: QueueStub, queue_url: str = "") -> QueueSender:
    sender = QueueSender(
        queue_url or stub.url,
        region="ap-south-1",
        credentials=lambda: CREDENTIALS,
        endpoint_url=stub.endpoint if queue_url else None,
    )
    SENDERS.append(sender)
    return sender


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while SENDERS:
        SENDERS.pop().close()


@pytest.fixture
def stub() -> Iterator[QueueStub]:
    with QueueStub() as stub:
        yield stub


def test_a_message_arrives_signed_and_word_for_word(stub: QueueStub) -> None:
    sender_to(stub).send('{"body":"₹ \\u0000"}')
    [sent] = stub.sent
    assert json.loads(sent.body) == {"QueueUrl": stub.url, "MessageBody": '{"body":"₹ \\u0000"}'}
    assert sent.headers["X-Amz-Target"] == "AmazonSQS.SendMessage"
    assert sent.headers["Content-Type"] == "application/x-amz-json-1.0"
    assert sent.headers["X-Amz-Security-Token"] == "token"
    assert "/ap-south-1/sqs/aws4_request" in sent.headers["Authorization"]


def test_the_connection_is_kept_between_sends(stub: QueueStub) -> None:
    sender = sender_to(stub)
    for number in range(5):
        sender.send(str(number))
    assert len({each.connection for each in stub.sent}) == 1


def test_a_kept_connection_that_died_is_made_once_more(stub: QueueStub) -> None:
    sender = sender_to(stub)
    stub.moods = [Mood.FORGETS]
    sender.send("first")
    sender.send("second")
    assert stub.messages == ["first", "second"]
    assert len({each.connection for each in stub.sent}) == 2


@pytest.mark.parametrize("mood", [Mood.BUSY, Mood.HANGS_UP])
def test_a_queue_that_fails_once_is_asked_once_more(stub: QueueStub, mood: Mood) -> None:
    stub.moods = [mood]
    sender_to(stub).send("one")
    assert stub.messages == ["one"]


@pytest.mark.parametrize("mood", [Mood.BUSY, Mood.HANGS_UP])
def test_a_queue_that_keeps_failing_is_unavailable_after_two_tries(
    stub: QueueStub, mood: Mood
) -> None:
    stub.moods = [mood, mood]
    sender = sender_to(stub)
    with pytest.raises(QueueUnavailable, match="webhook-inbox"):
        sender.send("one")
    assert stub.moods == []
    sender.send("two")
    assert stub.messages == ["two"]


def test_a_refusal_is_not_repeated(stub: QueueStub) -> None:
    stub.moods = [Mood.REFUSES]
    with pytest.raises(QueueUnavailable, match="403"):
        sender_to(stub).send("one")
    assert stub.sent == []


def test_a_queue_that_hangs_ends_within_the_time_given(stub: QueueStub) -> None:
    stub.mood = Mood.HANGS
    began = time.monotonic()
    with pytest.raises(QueueUnavailable, match="timed out"):
        sender_to(stub).send("one", within_s=0.3)
    assert time.monotonic() - began < 1.0


def test_without_time_nothing_is_sent(stub: QueueStub) -> None:
    with pytest.raises(QueueUnavailable, match="no time left"):
        sender_to(stub).send("one", within_s=-1.0)
    assert stub.sent == []


def test_nobody_listening_is_a_queue_that_is_away() -> None:
    with QueueStub() as stub:
        sender = sender_to(stub)
    with pytest.raises(QueueUnavailable, match="refused"):
        sender.send("one")


def test_an_emulator_is_reached_at_its_own_address(stub: QueueStub) -> None:
    sender_to(stub, "https://sqs.ap-south-1.amazonaws.com/123456789012/webhook-inbox").send("one")
    assert json.loads(stub.sent[0].body)["QueueUrl"].startswith("https://sqs.ap-south-1.")


def test_amazons_roots_are_the_five_that_sign_for_aws() -> None:
    context = tls_context()
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert {_common_name(root) for root in roots()} == {
        *(f"Amazon Root CA {number}" for number in range(1, 5)),
        "Starfield Services Root Certificate Authority - G2",
    }


def test_amazons_roots_are_good_for_years() -> None:
    ends = [ssl.cert_time_to_seconds(root["notAfter"]) for root in roots()]
    assert min(ends) > ssl.cert_time_to_seconds("Jan  1 00:00:00 2035 GMT")


def roots() -> list[dict[str, Any]]:
    found: Any = tls_context().get_ca_certs()
    return list(found)


def _common_name(root: dict[str, Any]) -> str:
    return str(dict(pair for [pair] in root["subject"])["commonName"])


def test_tls_is_spoken_with_a_server_whose_root_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path)
    monkeypatch.setattr(queue_sender, "AMAZON_ROOTS", authority.root)
    with QueueStub(tls=authority.server_context()) as stub:
        sender_to(stub).send("one")
        assert stub.messages == ["one"]


def test_another_root_is_looked_for_in_the_systems_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.root))
    with QueueStub(tls=authority.server_context()) as stub:
        sender_to(stub).send("one")
        assert stub.messages == ["one"]


def test_a_server_that_nobody_vouches_for_gets_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(queue_sender.AMAZON_ROOTS))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    with (
        QueueStub(tls=authority.server_context()) as stub,
        pytest.raises(QueueUnavailable, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        sender_to(stub).send("one")
    assert stub.sent == []


def test_a_function_without_a_role_says_so() -> None:
    with pytest.raises(QueueUnavailable, match="AWS_SECRET_ACCESS_KEY is not set"):
        credentials_in({"AWS_ACCESS_KEY_ID": "a"})
    assert credentials_in({"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}) == (
        "a",
        "b",
        "",
    )
