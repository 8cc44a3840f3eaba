"""Writes everything that is generated from the event table and the consumers' contracts.

`python -m workers.event_documents` renews the files; a test fails while one of them is stale, and
when a published schema version would be broken.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from consumers.registry import discover
from domain.event_schemas import Schema, schema_of
from domain.events import EventType, dataschema
from lambdas.functions import functions
from workers import asyncapi, event_page
from workers.build_lambdas.terraform import terraform as terraform_of_functions
from workers.event_compatibility import SchemaBroken, check
from workers.event_topology import terraform

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
TERRAFORM = ROOT / "deploy" / "terraform" / "events.tf.json"


def documents() -> Mapping[Path, str]:
    """Return every generated file with the text that it should have."""
    contracts = {name: found.contract for name, found in discover().items()}
    return {
        DOCS / "events.md": event_page.render(contracts),
        DOCS / "asyncapi.json": _text(asyncapi.document(contracts)),
        TERRAFORM: terraform(),
        TERRAFORM.with_name("lambdas.tf.json"): terraform_of_functions(functions()),
        **{schema_file(each): _text(schema_of(each)) for each in EventType},
    }


def schema_file(event_type: EventType, version: int | None = None) -> Path:
    """Return where a version of a type's schema is published; by default the present one."""
    current = dataschema(event_type).removeprefix("/")
    path = f"{current.rpartition('/')[0]}/{version}" if version else current
    return DOCS / f"{path}.json"


def published_schemas() -> Mapping[EventType, Schema]:
    """Return the published schemas of the present versions; a new version has none yet."""
    files = {each: schema_file(each) for each in EventType}
    return {
        each: json.loads(file.read_text(encoding="utf-8"))
        for each, file in files.items()
        if file.exists()
    }


def check_published() -> None:
    """Compare the schemas as they are now with the published ones.

    Raises:
        SchemaBroken: says what broke and what to do.
    """
    check(published_schemas(), {each: schema_of(each) for each in EventType})


def write() -> list[Path]:
    """Renew the files that are stale, and return them. Published versions are never broken.

    Raises:
        SchemaBroken: nothing was written.
    """
    check_published()
    stale = {path: text for path, text in documents().items() if _is_stale(path, text)}
    for path, text in stale.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(stale)


def _is_stale(path: Path, text: str) -> bool:
    return not path.exists() or path.read_text(encoding="utf-8") != text


def _text(document: Mapping[str, object]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    try:
        write()
    except SchemaBroken as error:
        sys.exit(str(error))
