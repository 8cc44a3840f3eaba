"""Generated files are fresh, published schemas are kept, and the AsyncAPI document is one."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from consumers.contract import ConsumerContract
from consumers.registry import discover
from domain.events import SCHEMA_VERSIONS, EventType, dataschema, topic
from tests.architecture.tree import ROOT
from workers import event_documents
from workers.event_compatibility import SchemaBroken
from workers.event_documents import DOCS, check_published, documents, schema_file, write

Document = dict[str, Any]
CONTRACTS: Mapping[str, ConsumerContract] = {
    name: found.contract for name, found in discover().items()
}
GENERATED = documents()
IN_THE_ISSUE = {
    "key", "scope", "store", "window_s", "atomicity", "on_duplicate", "on_mismatch", "ordering",
    "unknown_type", "visibility_s", "max_receive", "dead_letter_queue", "replay_safe",
    "staleness_slo_s",
}  # fmt: skip


@pytest.mark.parametrize("path", GENERATED, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_generated_file_is_up_to_date(path: Path) -> None:
    there = path.read_text(encoding="utf-8") if path.exists() else "no such file"
    assert there == GENERATED[path], "run `python -m workers.event_documents`"


def test_no_published_schema_version_is_broken() -> None:
    check_published()


def test_every_version_that_was_ever_published_is_still_there_and_no_other() -> None:
    wanted = {
        schema_file(event_type, version)
        for event_type in EventType
        for version in range(1, SCHEMA_VERSIONS[event_type] + 1)
    }
    assert set((DOCS / "schemas").rglob("*.json")) == wanted


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The generated files, in a folder where a test may change them."""
    monkeypatch.setattr(event_documents, "DOCS", tmp_path)
    monkeypatch.setattr(event_documents, "TERRAFORM", tmp_path / "events.tf.json")
    write()
    return tmp_path


def test_writing_twice_changes_nothing(copied: Path) -> None:
    assert write() == []
    (copied / "events.md").unlink()
    assert write() == [copied / "events.md"]


def test_writing_never_overwrites_a_promise(copied: Path) -> None:
    path = copied / "schemas" / "order_completed" / "1.json"
    schema = json.loads(path.read_text(encoding="utf-8"))
    schema["properties"]["data"]["properties"]["mood"] = {"type": "string"}
    path.write_text(json.dumps(schema), encoding="utf-8")
    (copied / "events.md").unlink()
    with pytest.raises(SchemaBroken, match=r"order_completed: data\.mood is gone"):
        write()
    assert not (copied / "events.md").exists()
    assert json.loads(path.read_text(encoding="utf-8")) == schema


def test_a_new_version_is_written_beside_the_old_one(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = copied / "schemas" / "order_completed"
    first = (folder / "1.json").read_text(encoding="utf-8")
    monkeypatch.setitem(SCHEMA_VERSIONS, EventType.ORDER_COMPLETED, 2)
    assert folder / "2.json" in write()
    assert json.loads((folder / "2.json").read_text())["$id"] == "/schemas/order_completed/2"
    assert (folder / "1.json").read_text(encoding="utf-8") == first


# --- AsyncAPI -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def asyncapi() -> Document:
    found: Document = json.loads((DOCS / "asyncapi.json").read_text(encoding="utf-8"))
    return found


def test_the_asyncapi_document_fits_the_official_schema_of_3_0(asyncapi: Document) -> None:
    # From @asyncapi/specs (Apache-2.0), without descriptions and examples.
    official = json.loads(Path(__file__).with_name("asyncapi-3.0.0.schema.json").read_text())
    errors = [error.message for error in Draft7Validator(official).iter_errors(asyncapi)]
    assert errors == []
    del asyncapi["operations"]["publish_order_placed"]["action"]
    assert list(Draft7Validator(official).iter_errors(asyncapi)) != []
    asyncapi["operations"]["publish_order_placed"]["action"] = "send"


def test_every_reference_leads_somewhere(asyncapi: Document) -> None:
    references = list(_references(asyncapi))
    assert len(references) > 4 * len(EventType)
    for reference in references:
        path, _, pointer = reference.partition("#")
        found: Any = json.loads((DOCS / path).read_text()) if path else asyncapi
        for part in pointer.strip("/").split("/") if pointer else ():
            found = found[part]


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for each in value.values():
            yield from _references(each)
    elif isinstance(value, list):
        for each in value:
            yield from _references(each)


def test_every_topic_and_its_subscribers_are_in_the_document(asyncapi: Document) -> None:
    for event_type in EventType:
        assert asyncapi["channels"][topic(event_type)]["address"] == topic(event_type)
        sent = asyncapi["operations"][f"publish_{event_type}"]
        consumers = sent.get("bindings", {}).get("sns", {}).get("consumers", [])
        assert {each["endpoint"]["name"] for each in consumers} == {
            contract.queue for contract in CONTRACTS.values() if event_type in contract.types
        }
        assert all(each["rawMessageDelivery"] for each in consumers)
        payload = asyncapi["components"]["messages"][event_type]["payload"]["schema"]
        assert payload == {"$ref": f".{dataschema(event_type)}.json"}


@pytest.mark.parametrize("name", CONTRACTS)
def test_every_consumer_makes_its_whole_promise(asyncapi: Document, name: str) -> None:
    contract = CONTRACTS[name]
    operation = asyncapi["operations"][f"consume_{name}"]
    promise = operation["x-idempotency"]
    assert promise.keys() >= IN_THE_ISSUE
    assert promise["key"] == contract.idempotency.key
    assert (promise["visibility_s"], promise["max_receive"]) == (
        contract.visibility_s,
        contract.max_receive,
    )
    queue = asyncapi["channels"][contract.queue]["bindings"]["sqs"]
    assert queue["queue"]["redrivePolicy"]["deadLetterQueue"]["name"] == contract.dlq
    assert queue["deadLetterQueue"]["name"] == promise["dead_letter_queue"] == contract.dlq
    assert len(operation["messages"]) == (len(contract.types) or 1)
