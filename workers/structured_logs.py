"""Logs of a process: one JSON object per line, a fixed event name and its fields."""

import json
import logging
import sys
from datetime import UTC, datetime

_OWN = frozenset(vars(logging.LogRecord("", 0, "", 0, "", (), None))) | {"message", "asctime"}
CHATTY = ("botocore", "boto3", "urllib3", "pymongo", "motor", "asyncio", "fontTools")
"""Libraries whose lower levels say nothing about orders."""


class JsonLines(logging.Formatter):
    """Formats what was logged with `extra` as fields beside the event's name."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line of JSON."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **{name: value for name, value in vars(record).items() if name not in _OWN},
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def configure_logs(level: int = logging.INFO) -> None:
    """Send every log of this process to stderr as JSON lines. Safe to repeat."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
