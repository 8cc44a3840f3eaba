import re
from pathlib import Path

import pytest
from typer.main import get_command

from tests.architecture.tree import ROOT
from workers.cli import create_app

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
MAKE = re.compile(r"`make ([a-z]+)")
TARGETS = set(re.findall(r"(?m)^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8")))
ORDERS = re.compile(r"(?:`|(?m:^))orders ([a-z][a-z-]*)")
DECISION = re.compile(r"\d{4}-[a-z0-9-]+\.md")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_link_inside_the_repository_leads_somewhere(document: Path) -> None:
    links = LINK.findall(document.read_text(encoding="utf-8"))
    inside = [link.split("#")[0] for link in links if "://" not in link]
    assert [link for link in inside if link and not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_make_target_that_is_named_exists(document: Path) -> None:
    assert set(MAKE.findall(document.read_text(encoding="utf-8"))) - TARGETS == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_command_that_is_named_exists(document: Path) -> None:
    known = set(getattr(get_command(create_app()), "commands", {}))
    assert set(ORDERS.findall(document.read_text(encoding="utf-8"))) - known == set()


def test_every_decision_is_listed_and_has_its_parts() -> None:
    folder = ROOT / "docs/decisions"
    index = (folder / "README.md").read_text(encoding="utf-8")
    records = [path for path in folder.glob("*.md") if path.name != "README.md"]
    assert records
    for record in records:
        text = record.read_text(encoding="utf-8")
        assert DECISION.fullmatch(record.name), record.name
        assert record.name in index, f"{record.name} is missing in docs/decisions/README.md"
        for part in ("Status: ", "## Context", "## Decision", "## Rejected", "## Consequences"):
            assert part in text, f"{record.name} has no {part!r}"
