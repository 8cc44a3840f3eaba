"""Built functions for tests: packed once, unpacked where a function process can run them."""

import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lambdas.functions import Function, functions
from workers.build_lambdas.contents import OWN, ROOT

SECRET = "webhook-secret-now"
TOKEN = "courier-token"


def function_named(name: str) -> Function:
    return next(each for each in functions() if each.name == name)


def unpacked(path: Path, folder: Path) -> Path:
    """Unpacks a zip as Lambda does, read only."""
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    return folder


def copy_of_tree(folder: Path, planted: Mapping[str, str]) -> Path:
    """A copy of our packages, with lines added in front of some files or files made."""
    for package in OWN:
        shutil.copytree(
            ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    for name, text in planted.items():
        path = folder / name
        before = path.read_text() if path.exists() else ""
        path.write_text(f"{before}\n{text}\n")
    return folder


def receiver_environment(queue_url: str) -> dict[str, str]:
    return {
        "RAZORPAY_WEBHOOK_SECRET": SECRET,
        "COURIER_WEBHOOK_TOKEN": TOKEN,
        "WEBHOOK_INBOX_URL": queue_url,
        "AWS_REGION": "ap-south-1",
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }


def gateway_event(body: str, headers: Mapping[str, str]) -> dict[str, Any]:
    return {
        "version": "2.0",
        "headers": dict(headers),
        "requestContext": {"http": {"method": "POST"}},
        "body": body,
        "isBase64Encoded": False,
    }


def queue_event(*bodies: str) -> dict[str, Any]:
    """A batch of an SQS event source; message ids are 0, 1, …"""
    return {
        "Records": [
            {
                "messageId": str(number),
                "receiptHandle": f"receipt-{number}",
                "body": body,
                "attributes": {"ApproximateReceiveCount": "1"},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
            }
            for number, body in enumerate(bodies)
        ]
    }


def failed_ids(answer: Any) -> list[str]:
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]
