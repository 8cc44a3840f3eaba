import subprocess
import sys

from tests.architecture.tree import ROOT, modules

# temporalio.testing is a submodule, which the import contracts cannot name: they see external
# packages as one node. So the modules are loaded in a fresh process and looked at.
TOO_HEAVY = {"fastapi", "starlette", "uvicorn", "temporalio.testing"}


def loaded_by(*names: str) -> set[str]:
    """Returns every module that a fresh process has loaded after importing the named ones."""
    script = f"import sys; [__import__(name) for name in {names!r}]; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_a_function_loads_no_server_framework() -> None:
    names = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in modules("lambdas")
        if path.stem != "__init__"
    ]
    assert loaded_by("lambdas", *names) & TOO_HEAVY == set()


def test_the_look_at_loaded_modules_sees_a_framework() -> None:
    assert {"starlette", "temporalio.testing"} <= loaded_by("starlette", "temporalio.testing")
