"""The floor: Python and Lambda's runtime client, and a handler that does nothing."""

from typing import Any


def handle(event: object, context: object) -> dict[str, Any]:
    """Answer."""
    return {"statusCode": 200, "headers": {}, "body": '{"received":true}'}
