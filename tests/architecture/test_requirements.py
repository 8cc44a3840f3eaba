import re
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT

LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
SOURCES = sorted((ROOT / "requirements").glob("*.in"))
PINNED = re.compile(r"^([a-z0-9._-]+)(?:\[[a-z0-9,_-]+\])?==(\S+)", re.IGNORECASE)


def pins(lock: Path) -> dict[str, str]:
    found = (PINNED.match(line) for line in lock.read_text(encoding="utf-8").splitlines())
    return {match[1].lower(): match[2] for match in found if match}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)
def test_every_requirement_is_pinned_with_a_hash(lock: Path) -> None:
    entries = re.split(r"\n(?=\S)", re.sub(r"(?m)^\s*#.*\n", "", lock.read_text(encoding="utf-8")))
    bare = [entry for entry in entries if entry and "--hash=sha256:" not in entry]
    assert bare == []


@pytest.mark.parametrize("file", [*LOCKS, *SOURCES], ids=lambda path: path.name)
def test_requirements_name_no_registry(file: Path) -> None:
    found = re.findall(r"https?://|--(?:extra-)?index-url|--find-links", file.read_text("utf-8"))
    assert found == []


def test_the_locks_agree_with_one_another() -> None:
    seen: dict[str, set[str]] = {}
    for lock in LOCKS:
        for name, version in pins(lock).items():
            seen.setdefault(name, set()).add(version)
    assert {name: versions for name, versions in seen.items() if len(versions) > 1} == {}


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_everything_asked_for_is_locked(source: Path) -> None:
    asked = {
        re.split(r"[\[;=<>~ ]", line, maxsplit=1)[0].lower()
        for line in source.read_text(encoding="utf-8").splitlines()
        if line and not line.startswith(("#", "-"))
    }
    assert asked - set(pins(source.with_suffix(".txt"))) == set()
