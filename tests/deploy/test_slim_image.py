import re
import subprocess
import sys
from importlib.metadata import packages_distributions

from tests.architecture.tree import PACKAGES, ROOT, modules

# Runs only inside the embedded stack, which is not what the image is for.
EMBEDDED_ONLY = {"workers.stack.mail_sink"}
BLOCKER = """
import importlib, sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in blocked:
            raise ModuleNotFoundError(f"{name} is not in the image", name=name)
        return None

blocked = set(sys.argv[1].split(","))
sys.meta_path.insert(0, Absent())
for name in sys.argv[2:]:
    importlib.import_module(name)
"""


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def absent_from_the_image() -> set[str]:
    """Returns the top-level modules of installed packages that runtime.txt does not name."""
    lock = (ROOT / "requirements/runtime.txt").read_text(encoding="utf-8")
    shipped = {normal(name) for name in re.findall(r"(?m)^([A-Za-z0-9._-]+)==", lock)}
    shipped.add("retail-orders")
    return {
        module
        for module, packages in packages_distributions().items()
        if not {normal(each) for each in packages} & shipped
    }


def imported_without(blocked: set[str], names: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", BLOCKER, ",".join(sorted(blocked)), *names],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_module_imports_with_the_packages_of_the_image_alone() -> None:
    names = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in modules(*PACKAGES)
        if path.stem not in {"__init__", "__main__"}
    ]
    done = imported_without(absent_from_the_image(), sorted(set(names) - EMBEDDED_ONLY))
    assert done.returncode == 0, done.stderr


def test_a_package_that_the_image_lacks_is_noticed() -> None:
    assert {"pytest", "aiosmtpd", "ministack"} <= absent_from_the_image()
    done = imported_without(absent_from_the_image(), ["aiosmtpd"])
    assert "aiosmtpd is not in the image" in done.stderr
