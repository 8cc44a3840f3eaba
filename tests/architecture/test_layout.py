import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.tree import PACKAGES, ROOT, modules, parse, settings, shown

BANNED_NAMES = {"utils", "util", "helpers", "common", "misc", "manager", "base", "models2"}
LONGEST_FUNCTION = 60
HIDDEN_OR_BUILT = {"build", "dist"}
# Put together here, so that this file does not find itself.
UNFINISHED = re.compile("|".join(["TO" + "DO", "FIX" + "ME", "NotImplemented" + "Error"]))
SKIPPED = re.compile(r"pytest\.(mark\.)?(skip|x" + r"fail|importor" + "skip)")


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def imported_roots(path: Path) -> Iterator[str]:
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{shown(path)}:{node.lineno} imports relatively"
            assert node.module is not None
            yield node.module.split(".")[0]


def test_every_top_level_package_is_placed_in_the_contracts() -> None:
    found = {
        folder.parent.name
        for folder in ROOT.glob("*/__init__.py")
        if not folder.parent.name.startswith(".")
    } - {"tests", *HIDDEN_OR_BUILT}
    assert found == set(PACKAGES)
    tools = settings()["tool"]
    assert set(tools["importlinter"]["root_packages"]) == found
    assert set(tools["coverage"]["run"]["source"]) == found
    assert set(tools["setuptools"]["packages"]["find"]["include"]) == {f"{p}*" for p in found}


def test_every_folder_with_modules_is_a_package() -> None:
    folders = {path.parent for path in modules(*PACKAGES, "tests")}
    assert [shown(each) for each in sorted(folders) if not (each / "__init__.py").exists()] == []


def test_every_package_says_what_it_is_for() -> None:
    bare = [name for name in PACKAGES if not ast.get_docstring(parse(ROOT / name / "__init__.py"))]
    assert bare == []


def test_the_domain_imports_the_standard_library_alone() -> None:
    allowed = {*sys.stdlib_module_names, "domain"}
    foreign = {
        f"{shown(path)}: {root}"
        for path in modules("domain")
        for root in imported_roots(path)
        if root not in allowed
    }
    assert foreign == set()


def test_no_file_has_a_name_that_says_nothing() -> None:
    assert [shown(path) for path in modules(*PACKAGES, "tests") if path.stem in BANNED_NAMES] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_no_function_is_longer_than_a_screen(package: str) -> None:
    long = [
        f"{shown(path)}:{function.lineno} {function.name} has {length} lines"
        for path in modules(package)
        for function in functions(path)
        if (length := (function.end_lineno or 0) - function.lineno + 1) > LONGEST_FUNCTION
    ]
    assert long == []


def test_nothing_is_left_unfinished() -> None:
    found = [
        f"{shown(path)}:{number}"
        for path in modules(*PACKAGES, "tests")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if UNFINISHED.search(line)
    ]
    assert found == []


def test_no_test_is_switched_off() -> None:
    found = [
        f"{shown(path)}:{number}"
        for path in modules("tests")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if SKIPPED.search(line)
    ]
    assert found == []
