import base64
import json
from collections.abc import Mapping
from typing import Any

import pytest

from domain.webhooks import COURIER, RAZORPAY
from lambdas import courier_webhook, razorpay_webhook
from lambdas.gateway import Malformed, Problem, answer, read_request
from lambdas.receiver import Misconfigured, Receiver
from sandbox.lambda_runtime.queue_stub import Mood, QueueStub
from tests.lambdas.builds import TOKEN, gateway_event, receiver_environment

BODY = '{"note":"₹"}'


def event(**changes: Any) -> dict[str, Any]:
    return {**gateway_event(BODY, {"X-Api-Key": TOKEN}), **changes}


def test_a_request_has_lower_case_names_and_the_body_byte_for_byte() -> None:
    request = read_request(event())
    assert request.method == "POST"
    assert request.headers == {"x-api-key": TOKEN}
    assert request.body == BODY.encode()


@pytest.mark.parametrize("body", [b"\xff\x00", BODY.encode(), b""])
def test_a_base64_body_is_decoded(body: bytes) -> None:
    encoded = base64.b64encode(body).decode()
    assert read_request(event(body=encoded, isBase64Encoded=True)).body == body


def test_a_rest_api_sends_null_for_what_is_not_there() -> None:
    request = read_request({"httpMethod": "post", "headers": None, "body": None})
    assert (request.method, dict(request.headers), request.body) == ("POST", {}, b"")


def test_headers_that_are_no_text_are_left_out() -> None:
    assert read_request(event(headers={"X-Api-Key": ["a"], "B": "b"})).headers == {"b": "b"}


def test_half_of_a_surrogate_pair_is_no_reason_to_fail() -> None:
    assert read_request(event(body="\ud83d")).body == b"?"


@pytest.mark.parametrize(
    ("malformed", "says"),
    [
        (None, "no JSON object"),
        ([], "no JSON object"),
        ({}, "no HTTP method"),
        ({"requestContext": []}, "no HTTP method"),
        ({"requestContext": {"http": "POST"}}, "no HTTP method"),
        (event(headers=["a"]), "headers are no JSON object"),
        (event(body=7), "body is no text"),
        (event(body="not base64!", isBase64Encoded=True), "not base64"),
        (event(body="₹", isBase64Encoded=True), "not base64"),
    ],
)
def test_what_no_gateway_would_send_says_what_is_wrong(malformed: object, says: str) -> None:
    with pytest.raises(Malformed, match=says):
        read_request(malformed)


def test_an_answer_suits_both_payload_versions() -> None:
    assert answer(200, {"received": True}) == {
        "statusCode": 200,
        "headers": {"Content-Type": "application/json"},
        "body": '{"received":true}',
        "isBase64Encoded": False,
    }


def test_a_problem_without_a_detail_says_its_title() -> None:
    document = json.loads(Problem(405, "method-not-allowed", "Not here").answer()["body"])
    assert document == {
        "type": "/problems/method-not-allowed",
        "title": "Not here",
        "status": 405,
        "detail": "Not here",
    }


# --- receivers ------------------------------------------------------------------------------------


class Left:
    """An invocation with so much time left."""

    def __init__(self, milliseconds: int) -> None:
        self._milliseconds = milliseconds

    def get_remaining_time_in_millis(self) -> int:
        return self._milliseconds


def handled(receiver: Receiver, asked: object, left_ms: int = 5000) -> int:
    status: int = receiver.handle(asked, Left(left_ms))["statusCode"]
    receiver.close()
    return status


def test_a_malformed_event_is_a_bad_request() -> None:
    receiver = courier_webhook.receiver_in(receiver_environment("http://127.0.0.1:1/0/q"))
    assert handled(receiver, {}) == 400


def test_an_invocation_that_is_nearly_over_asks_the_sender_to_repeat() -> None:
    with QueueStub() as queue:
        receiver = courier_webhook.receiver_in(receiver_environment(queue.url))
        assert handled(receiver, event(), left_ms=600) == 503
        assert queue.messages == []


def test_a_slow_queue_leaves_time_to_answer() -> None:
    with QueueStub(mood=Mood.HANGS) as queue:
        receiver = courier_webhook.receiver_in(receiver_environment(queue.url))
        assert handled(receiver, event(), left_ms=900) == 503


def test_the_log_says_what_became_of_a_webhook_and_no_secret(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with QueueStub(mood=Mood.REFUSES) as queue:
        receiver = courier_webhook.receiver_in(receiver_environment(queue.url))
        assert handled(receiver, event()) == 503
    said = capsys.readouterr().out
    not_queued, answered = map(json.loads, said.splitlines())
    assert (not_queued["event"], not_queued["source"]) == ("webhook_not_queued", COURIER)
    assert "403" in not_queued["reason"]
    assert answered["outcome"] == "unavailable"
    assert (answered["event"], answered["status"]) == ("webhook_answered", 503)
    assert TOKEN not in said
    assert "₹" not in said


@pytest.mark.parametrize("missing", ["RAZORPAY_WEBHOOK_SECRET", "WEBHOOK_INBOX_URL", "AWS_REGION"])
def test_a_missing_variable_is_named(missing: str) -> None:
    env: Mapping[str, str] = {**receiver_environment("http://127.0.0.1:1/0/q"), missing: " "}
    with pytest.raises(Misconfigured, match=f"{missing} not set"):
        razorpay_webhook.receiver_in(env)


@pytest.mark.parametrize("module", [razorpay_webhook, courier_webhook])
def test_a_receiver_is_made_once_from_its_environment(
    module: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with QueueStub() as queue:
        for name, value in receiver_environment(queue.url).items():
            monkeypatch.setenv(name, value)
        module._receiver.cache_clear()
        source = RAZORPAY if module is razorpay_webhook else COURIER
        statuses = [module.handle(event(), Left(5000))["statusCode"] for _ in range(2)]
        assert statuses == ([401] * 2 if source == RAZORPAY else [200] * 2)
        assert module._receiver.cache_info().misses == 1
        module._receiver().close()
        module._receiver.cache_clear()
