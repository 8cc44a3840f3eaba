"""Shows what provisioning did or would do, as a diff that people can read."""

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.text import Text

from adapters.aws.topology import Action, Change, Kind, Stranger

MANY = 6
"""More subscriptions of one queue than this are counted, not listed."""
STYLES = {Action.CREATE: ("+", "green"), Action.UPDATE: ("~", "yellow")}


def print_report(
    console: Console,
    changes: Sequence[Change],
    strangers: Sequence[Stranger],
    *,
    dry_run: bool,
) -> None:
    """Print each change with the attributes it sets, what is unknown, and a sum."""
    for line in report(changes, strangers):
        console.print(line)
    created = sum(change.action is Action.CREATE for change in changes)
    console.print(
        f"{len(changes)} changes {'planned' if dry_run else 'made'}: "
        f"{created} created, {len(changes) - created} updated, 0 deleted"
    )


def report(changes: Sequence[Change], strangers: Sequence[Stranger]) -> Iterator[Text]:
    """Yield the lines of the diff, then those of what nobody declares."""
    for (action, kind, name), group in groupby(
        changes, key=lambda change: (change.action, change.kind, _listed_under(change))
    ):
        alike = list(group)
        if kind is Kind.SUBSCRIPTION and action is Action.CREATE and len(alike) > MANY:
            yield _line(action, f"{kind} {name} to {len(alike)} topics", _settings(alike[0]))
            continue
        for change in alike:
            yield from _change(change)
    for stranger in strangers:
        yield Text(f"? {stranger}: nobody declares this; left as it is", style="magenta")


def _listed_under(change: Change) -> str:
    return change.name if change.kind is Kind.SUBSCRIPTION else ""


def _change(change: Change) -> Iterator[Text]:
    source = f" to {change.topic}" if change.topic else ""
    title = f"{change.kind} {change.name}{source}"
    if change.action is Action.CREATE:
        yield _line(change.action, title, _settings(change))
        return
    yield _line(change.action, title, "")
    for name, value in change.attributes.items():
        before = _short(change.before.get(name, ""))
        yield Text.assemble(f"    {name}: ", (before, "red"), " → ", (_short(value), "green"))


def _line(action: Action, title: str, settings: str) -> Text:
    sign, style = STYLES[action]
    return Text.assemble((f"{sign} {title}", style), (f"  {settings}" if settings else "", "dim"))


def _settings(change: Change) -> str:
    return ", ".join(f"{name} {_short(value)}" for name, value in change.attributes.items())


def _short(value: str) -> str:
    """Return a value as people say it: of documents only what differs between queues."""
    try:
        document: Any = json.loads(value or "null")
    except ValueError:
        return value
    if document is None:
        return "none"
    if not isinstance(document, dict):
        return value
    return _said(document)


def _said(document: dict[str, Any]) -> str:
    if "deadLetterTargetArn" in document:
        after = f" after {document['maxReceiveCount']}" if "maxReceiveCount" in document else ""
        return f"{_name(document['deadLetterTargetArn'])}{after}"
    if "sourceQueueArns" in document:
        return f"for {', '.join(map(_name, document['sourceQueueArns']))}"
    statements = document.get("Statement", [])
    sources = [
        each
        for statement in statements
        for each in statement.get("Condition", {}).get("ArnEquals", {}).get("aws:SourceArn", [])
    ]
    if sources:
        return f"{len(sources)} topics may send"
    return json.dumps(document, separators=(",", ":"))


def _name(arn: str) -> str:
    return arn.rpartition(":")[2]
