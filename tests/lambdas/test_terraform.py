import json
import re
from typing import Any

import pytest

from lambdas.functions import VISIBILITY_PER_TIMEOUT, Function, functions
from tests.lambdas.conftest import Builds
from workers.build_lambdas.terraform import FILE, deployed_name, local_name, queue_of, terraform

FUNCTIONS = functions()
CONSUMERS = [each for each in FUNCTIONS if each.consumes]
RECEIVERS = [each for each in FUNCTIONS if not each.consumes]
QUEUES = json.loads(FILE.with_name("events.tf.json").read_text())["resource"]["aws_sqs_queue"]
NAMED_QUEUE = re.compile(r"aws_sqs_queue\.(\w+)\.")
REFERENCE = re.compile(r"\$\{(?:length\()?((?:data\.)?[a-z]\w*\.[\w.]+)")


def declared() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FILE.read_text())
    return found


def resource(kind: str, function: Function) -> Any:
    return declared()["resource"][kind][local_name(function)]


def by_name(function: Function) -> str:
    return function.name


each_function = pytest.mark.parametrize("function", FUNCTIONS, ids=by_name)
each_consumer = pytest.mark.parametrize("function", CONSUMERS, ids=by_name)


def test_the_file_is_what_the_declarations_say() -> None:
    assert FILE.read_text() == terraform(FUNCTIONS), "run: orders build-lambdas --terraform"


def test_every_function_that_is_built_is_deployed_and_no_other(builds: Builds) -> None:
    found = declared()["resource"]["aws_lambda_function"].values()
    assert {each["function_name"] for each in found} == {f"orders-{name}" for name in builds}


@each_function
def test_a_function_is_deployed_as_it_was_declared(function: Function) -> None:
    found = resource("aws_lambda_function", function)
    assert found["handler"] == function.handler
    assert (found["memory_size"], found["timeout"]) == (function.memory_mb, function.timeout_s)
    assert found["runtime"] == "${local.lambda_build.runtime}"
    assert f'functions["{function.name}"].sha256' in found["source_code_hash"]
    wanted = {*function.settings, *function.optional_settings, *function.variables}
    assert set(found["environment"]["variables"]) == wanted
    assert found["logging_config"]["log_format"] == "JSON"


@each_function
def test_a_policy_names_its_own_queue_and_log_alone(function: Function) -> None:
    policy = declared()["data"]["aws_iam_policy_document"][local_name(function)]
    text = json.dumps(policy)
    assert set(NAMED_QUEUE.findall(text)) == {queue_of(function)}
    log, queue = policy["statement"]
    assert log["resources"] == [f"${{aws_cloudwatch_log_group.{local_name(function)}.arn}}:*"]
    assert queue["resources"] == [f"${{aws_sqs_queue.{queue_of(function)}.arn}}"]
    assert not [
        action for each in policy["statement"] for action in each["actions"] if "*" in action
    ]


@each_function
def test_a_function_may_do_with_its_queue_what_it_does_and_nothing_else(function: Function) -> None:
    statement = declared()["data"]["aws_iam_policy_document"][local_name(function)]["statement"][1]
    if function.consumes:
        wanted = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
    else:
        wanted = {"sqs:SendMessage"}
    assert set(statement["actions"]) == wanted


@each_consumer
def test_a_consumer_tells_failures_message_by_message(function: Function) -> None:
    source = resource("aws_lambda_event_source_mapping", function)
    assert source["function_response_types"] == ["ReportBatchItemFailures"]
    assert source["event_source_arn"] == f"${{aws_sqs_queue.{queue_of(function)}.arn}}"
    assert source["batch_size"] == 10
    assert 2 <= source["scaling_config"]["maximum_concurrency"] <= 1000


@each_consumer
def test_a_queue_hides_messages_six_times_as_long_as_its_function_may_take(
    function: Function,
) -> None:
    queue = QUEUES[queue_of(function)]
    assert queue["visibility_timeout_seconds"] >= VISIBILITY_PER_TIMEOUT * function.timeout_s


@each_consumer
def test_a_consumers_queue_has_dead_letters_and_somebody_hears_of_them(function: Function) -> None:
    assert function.consumes is not None
    queue = QUEUES[queue_of(function)]
    assert f"aws_sqs_queue.{queue_of(function)}_dlq.arn" in queue["redrive_policy"]
    assert function.consumes.max_receive >= 5
    alarm = declared()["resource"]["aws_cloudwatch_metric_alarm"][f"{local_name(function)}_dead"]
    assert alarm["dimensions"] == {"QueueName": QUEUES[f"{queue_of(function)}_dlq"]["name"]}
    assert (alarm["threshold"], alarm["alarm_actions"]) == (0, "${var.alarm_topic_arns}")


@each_function
def test_errors_throttles_and_slowness_are_heard_of(function: Function) -> None:
    alarms = declared()["resource"]["aws_cloudwatch_metric_alarm"]
    for what, metric in (("errors", "Errors"), ("throttles", "Throttles"), ("slow", "Duration")):
        alarm = alarms[f"{local_name(function)}_{what}"]
        assert alarm["metric_name"] == metric
        assert alarm["dimensions"] == {"FunctionName": deployed_name(function)}
    slow = alarms[f"{local_name(function)}_slow"]
    assert 0 < slow["threshold"] < function.timeout_s * 1000


@pytest.mark.parametrize("function", RECEIVERS, ids=by_name)
def test_a_receiver_stands_behind_the_gateway_and_has_a_limit(function: Function) -> None:
    route = resource("aws_apigatewayv2_route", function)
    assert route["route_key"] == function.route
    assert resource("aws_apigatewayv2_integration", function)["payload_format_version"] == "2.0"
    assert resource("aws_lambda_permission", function)["principal"] == "apigateway.amazonaws.com"
    found = resource("aws_lambda_function", function)
    assert found["reserved_concurrent_executions"] == function.most_at_once
    assert found["timeout"] <= 5  # Razorpay's patience


def test_secrets_are_marked_as_such() -> None:
    variables = declared()["variable"]
    secret = {name for name, each in variables.items() if each.get("sensitive")}
    assert {"razorpay_webhook_secret", "courier_webhook_token", "mongodb_url"} <= secret
    assert variables["razorpay_webhook_secret_previous"]["default"] == ""


def test_whatever_is_referred_to_is_declared() -> None:
    here = declared()
    there = json.loads(FILE.with_name("events.tf.json").read_text())
    known = {f"local.{name}" for name in here["locals"]}
    known |= {f"var.{name}" for name in here["variable"]}
    for document in (here, there):
        for kind, each in document["resource"].items():
            known |= {f"{kind}.{name}" for name in each}
        for kind, each in document["data"].items():
            known |= {f"data.{kind}.{name}" for name in each}
    for reference in REFERENCE.findall(FILE.read_text()):
        depth = 3 if reference.startswith("data.") else 2
        assert ".".join(reference.split(".")[:depth]) in known, reference
