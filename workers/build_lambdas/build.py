"""Builds every function into a folder: a zip each, and `build.json`, which Terraform reads."""

import json
import sys
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lambdas.functions import Function
from workers.build_lambdas.archive import digest, pack
from workers.build_lambdas.contents import ROOT, WHY, contents_of
from workers.build_lambdas.errors import CannotBuild

MANIFEST: Final = "build.json"
LONGEST_UNPACKED: Final = 250 * 1024 * 1024
"""Lambda's limit for a function's code."""
RUNTIME: Final = f"python{sys.version_info.major}.{sys.version_info.minor}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Built:
    """A packed function."""

    function: Function
    path: Path
    sha256: str
    zip_bytes: int
    modules: int
    files: int

    def as_json(self) -> dict[str, Any]:
        """Return what the manifest says of it."""
        return {
            "zip": self.path.name,
            "sha256": self.sha256,
            "bytes": self.zip_bytes,
            "files": self.files,
            "modules": self.modules,
        }


def build(functions: Iterable[Function], out: Path, root: Path = ROOT) -> list[Built]:
    """Pack functions into a folder, each with the same bytes as the last time.

    Raises:
        CannotBuild: one loads what it must not, or is too large.
    """
    built = [build_one(function, out, root) for function in functions]
    manifest = {
        "runtime": RUNTIME,
        "functions": {each.function.name: each.as_json() for each in built},
    }
    (out / MANIFEST).write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n")
    return built


def build_one(function: Function, out: Path, root: Path = ROOT) -> Built:
    """Pack one function.

    Raises:
        CannotBuild: it loads what it must not, or is too large.
    """
    contents = contents_of(function, root)
    path = out / f"{function.name}.zip"
    pack(contents.files, path)
    size = path.stat().st_size
    with zipfile.ZipFile(path) as archive:
        files = len(archive.namelist())
    limit = function.most_zip_bytes or LONGEST_UNPACKED
    if size > limit:
        message = f"{function.name}: the zip has {size:,} bytes; the limit is {limit:,}. {WHY}"
        raise CannotBuild(message)
    return Built(
        function=function,
        path=path,
        sha256=digest(path),
        zip_bytes=size,
        modules=len(contents.modules),
        files=files,
    )
