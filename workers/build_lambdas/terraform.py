"""Terraform of the functions, from their declarations: `deploy/terraform/lambdas.tf.json`.

Queues and their dead-letter queues stand in `events.tf.json` beside it, from the same contracts.
"""

import json
from collections.abc import Iterable
from typing import Any, Final

from lambdas.functions import Function
from workers.build_lambdas.build import MANIFEST
from workers.build_lambdas.contents import ROOT

Json = dict[str, Any]

FILE: Final = ROOT / "deploy" / "terraform" / "lambdas.tf.json"
COMMENT: Final = (
    "Generated from lambdas/functions.py by `orders build-lambdas --terraform`; do not edit. "
    "Build the zips first: build.json says runtime and digests."
)
BATCH: Final = 10
LOG_DAYS: Final = 30
OLDEST_MESSAGE_S: Final = 300
SLOW_SHARE: Final = 0.8
"""Of the timeout: slower than that for the slowest in a hundred, and somebody should look."""
PUBLIC: Final = frozenset(
    {"MONGODB_DATABASE", "REDIS_URL", "TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE"}
)
"""Settings that are no secrets; every other is marked as one."""
FROM_TERRAFORM: Final = {"WEBHOOK_INBOX_URL": "${aws_sqs_queue.webhook_inbox.url}"}
VPC_POLICY: Final = "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"


def terraform(functions: Iterable[Function]) -> str:
    """Return the file as it should be."""
    found = list(functions)
    receivers = [each for each in found if each.route is not None]
    resources: dict[str, Json] = {}
    for function in found:
        for kind, body in _resources(function).items():
            resources.setdefault(kind, {})[local_name(function)] = body
    resources |= _gateway(receivers)
    for function in found:
        resources.setdefault("aws_cloudwatch_metric_alarm", {}).update(_alarms(function))
    document = {
        "//": COMMENT,
        "variable": _variables(found),
        "locals": {
            "lambda_build": f'${{jsondecode(file("${{var.lambda_build_dir}}/{MANIFEST}"))}}'
        },
        "data": {
            "aws_iam_policy_document": {
                "lambda_assume": _assume(),
                **{local_name(each): _policy(each) for each in found},
            }
        },
        "resource": resources,
        "output": {
            "webhooks_url": {
                "description": "Where Razorpay and the courier send their webhooks.",
                "value": "${aws_apigatewayv2_api.webhooks.api_endpoint}",
            }
        },
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def local_name(function: Function) -> str:
    """Return a function's name inside Terraform."""
    return f"lambda_{function.name.replace('-', '_')}"


def deployed_name(function: Function) -> str:
    """Return a function's name in AWS."""
    return f"orders-{function.name}"


def queue_of(function: Function) -> str:
    """Return the one queue that a function may touch, as Terraform calls it."""
    queue = function.consumes.name if function.consumes else function.sends_to
    return str(queue).replace("-", "_")


def _resources(function: Function) -> dict[str, Json]:
    name = local_name(function)
    found: dict[str, Json] = {
        "aws_cloudwatch_log_group": {
            "name": f"/aws/lambda/{deployed_name(function)}",
            "retention_in_days": LOG_DAYS,
        },
        "aws_iam_role": {
            "name": deployed_name(function),
            "assume_role_policy": "${data.aws_iam_policy_document.lambda_assume.json}",
        },
        "aws_iam_role_policy": {
            "name": deployed_name(function),
            "role": f"${{aws_iam_role.{name}.id}}",
            "policy": f"${{data.aws_iam_policy_document.{name}.json}}",
        },
        "aws_s3_object": {
            "bucket": "${var.lambda_bucket}",
            "key": f"functions/{function.name}.zip",
            "source": f"${{var.lambda_build_dir}}/{function.name}.zip",
            "source_hash": _built(function, "sha256"),
        },
        "aws_lambda_function": _function(function),
    }
    if function.consumes is not None:
        found["aws_lambda_event_source_mapping"] = _event_source(function)
        found["aws_iam_role_policy_attachment"] = {
            "count": "${length(var.lambda_subnet_ids) > 0 ? 1 : 0}",
            "role": f"${{aws_iam_role.{name}.name}}",
            "policy_arn": VPC_POLICY,
        }
    return found


def _function(function: Function) -> Json:
    name = local_name(function)
    body: Json = {
        "function_name": deployed_name(function),
        "description": function.summary,
        "role": f"${{aws_iam_role.{name}.arn}}",
        "runtime": "${local.lambda_build.runtime}",
        "architectures": ["x86_64"],
        "handler": function.handler,
        "s3_bucket": f"${{aws_s3_object.{name}.bucket}}",
        "s3_key": f"${{aws_s3_object.{name}.key}}",
        "source_code_hash": _built(function, "sha256"),
        "memory_size": function.memory_mb,
        "timeout": function.timeout_s,
        "environment": {"variables": _environment(function)},
        "logging_config": {
            "log_format": "JSON",
            "log_group": f"${{aws_cloudwatch_log_group.{name}.name}}",
        },
        "depends_on": [f"aws_iam_role_policy.{name}"],
    }
    if function.consumes is None:
        body["reserved_concurrent_executions"] = function.most_at_once
    else:
        body["dynamic"] = {
            "vpc_config": {
                "for_each": "${length(var.lambda_subnet_ids) > 0 ? [1] : []}",
                "content": {
                    "subnet_ids": "${var.lambda_subnet_ids}",
                    "security_group_ids": "${var.lambda_security_group_ids}",
                },
            }
        }
    return body


def _environment(function: Function) -> Json:
    given = {
        name: FROM_TERRAFORM.get(name, f"${{var.{name.lower()}}}")
        for name in (*function.settings, *function.optional_settings)
    }
    return {**given, **function.variables}


def _event_source(function: Function) -> Json:
    return {
        "event_source_arn": f"${{aws_sqs_queue.{queue_of(function)}.arn}}",
        "function_name": f"${{aws_lambda_function.{local_name(function)}.arn}}",
        "batch_size": BATCH,
        "function_response_types": ["ReportBatchItemFailures"],
        "scaling_config": {"maximum_concurrency": function.most_at_once},
    }


def _policy(function: Function) -> Json:
    """Return what a function may do: write its own log, and touch its own queue."""
    name = local_name(function)
    actions = (
        ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
        if function.consumes
        else ["sqs:SendMessage"]
    )
    return {
        "statement": [
            {
                "sid": "OwnLog",
                "actions": ["logs:CreateLogStream", "logs:PutLogEvents"],
                "resources": [f"${{aws_cloudwatch_log_group.{name}.arn}}:*"],
            },
            {
                "sid": "OwnQueue",
                "actions": actions,
                "resources": [f"${{aws_sqs_queue.{queue_of(function)}.arn}}"],
            },
        ]
    }


def _assume() -> Json:
    principal = {"type": "Service", "identifiers": ["lambda.amazonaws.com"]}
    return {"statement": [{"actions": ["sts:AssumeRole"], "principals": [principal]}]}


def _gateway(receivers: list[Function]) -> dict[str, Json]:
    return {
        "aws_apigatewayv2_api": {
            "webhooks": {"name": "orders-webhooks", "protocol_type": "HTTP"},
        },
        "aws_apigatewayv2_stage": {
            "webhooks": {
                "api_id": "${aws_apigatewayv2_api.webhooks.id}",
                "name": "$default",
                "auto_deploy": True,
            }
        },
        "aws_apigatewayv2_integration": {
            local_name(each): {
                "api_id": "${aws_apigatewayv2_api.webhooks.id}",
                "integration_type": "AWS_PROXY",
                "integration_uri": f"${{aws_lambda_function.{local_name(each)}.invoke_arn}}",
                "payload_format_version": "2.0",
            }
            for each in receivers
        },
        "aws_apigatewayv2_route": {
            local_name(each): {
                "api_id": "${aws_apigatewayv2_api.webhooks.id}",
                "route_key": each.route,
                "target": f"integrations/${{aws_apigatewayv2_integration.{local_name(each)}.id}}",
            }
            for each in receivers
        },
        "aws_lambda_permission": {
            local_name(each): {
                "action": "lambda:InvokeFunction",
                "function_name": f"${{aws_lambda_function.{local_name(each)}.function_name}}",
                "principal": "apigateway.amazonaws.com",
                "source_arn": "${aws_apigatewayv2_api.webhooks.execution_arn}/*/*",
            }
            for each in receivers
        },
    }


def _alarms(function: Function) -> dict[str, Json]:
    name = local_name(function)
    itself = {"FunctionName": deployed_name(function)}
    slow_ms = round(function.timeout_s * 1000 * SLOW_SHARE)
    found = {
        f"{name}_errors": _alarm(f"{name}_errors", "AWS/Lambda", "Errors", itself, 0),
        f"{name}_throttles": _alarm(f"{name}_throttles", "AWS/Lambda", "Throttles", itself, 0),
        f"{name}_slow": _alarm(
            f"{name}_slow", "AWS/Lambda", "Duration", itself, slow_ms, statistic="p99"
        ),
    }
    if function.consumes is not None:
        queue = function.consumes
        visible, oldest = "ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"
        found[f"{name}_dead"] = _alarm(
            f"{name}_dead", "AWS/SQS", visible, {"QueueName": queue.dlq}, 0, statistic="Maximum"
        )
        found[f"{name}_late"] = _alarm(
            f"{name}_late", "AWS/SQS", oldest, {"QueueName": queue.name}, OLDEST_MESSAGE_S,
            statistic="Maximum",
        )  # fmt: skip
    return found


def _alarm(
    name: str,
    namespace: str,
    metric: str,
    dimensions: Json,
    threshold: int,
    statistic: str = "Sum",
) -> Json:
    kind = "extended_statistic" if statistic.startswith("p") else "statistic"
    return {
        "alarm_name": f"orders-{name.removeprefix('lambda_').replace('_', '-')}",
        "namespace": namespace,
        "metric_name": metric,
        "dimensions": dimensions,
        kind: statistic,
        "comparison_operator": "GreaterThanThreshold",
        "threshold": threshold,
        "period": 60,
        "evaluation_periods": 1,
        "treat_missing_data": "notBreaching",
        "alarm_actions": "${var.alarm_topic_arns}",
    }


def _variables(functions: Iterable[Function]) -> dict[str, Json]:
    found: dict[str, Json] = {
        "lambda_build_dir": {
            "type": "string",
            "default": "../../build/lambdas",
            "description": "Where `orders build-lambdas --out` has put the zips and build.json.",
        },
        "lambda_bucket": {"type": "string", "description": "A bucket for the zips."},
        "lambda_subnet_ids": _list(
            "Subnets from which consumers reach their stores; none: no VPC."
        ),
        "lambda_security_group_ids": _list("Security groups of the consumers in those subnets."),
        "alarm_topic_arns": _list("SNS topics that are told of alarms."),
    }
    for function in functions:
        for name in function.settings:
            if name not in FROM_TERRAFORM:
                found[name.lower()] = _setting(name)
        for name in function.optional_settings:
            found[name.lower()] = {**_setting(name), "default": ""}
    return found


def _list(description: str) -> Json:
    return {"type": "list(string)", "default": [], "description": description}


def _setting(name: str) -> Json:
    return {
        "type": "string",
        "sensitive": name not in PUBLIC,
        "description": f"The setting {name}; see docs/settings.md.",
    }


def _built(function: Function, what: str) -> str:
    return f'${{local.lambda_build.functions["{function.name}"].{what}}}'
