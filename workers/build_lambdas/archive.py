"""Writes zips that are the same bytes wherever and whenever they are written.

Names are sorted, times and rights are fixed, and nothing is compressed: two versions of zlib need
not agree on a single byte, and a stored zip is unpacked faster.
"""

import base64
import hashlib
import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

FIRST_DAY: Final = (1980, 1, 1, 0, 0, 0)
READABLE: Final = 0o100644 << 16
UNIX: Final = 3
COMPILER: Final = Path(__file__).with_name("compile_all.py")


def pack(files: Mapping[str, Path], target: Path) -> None:
    """Write a zip of files by name, each source followed by its bytecode.

    Raises:
        subprocess.CalledProcessError: a source cannot be compiled; stderr says which.
    """
    with tempfile.TemporaryDirectory(prefix="orders-bytecode-") as folder:
        everything = {**files, **bytecode(files, Path(folder))}
        target.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
            for name in sorted(everything):
                entry = zipfile.ZipInfo(name, FIRST_DAY)
                entry.external_attr, entry.create_system = READABLE, UNIX
                archive.writestr(entry, everything[name].read_bytes())


def bytecode(files: Mapping[str, Path], folder: Path) -> dict[str, Path]:
    """Compile every Python source; return the results by their names in the zip."""
    found: dict[str, Path] = {}
    wanted = []
    for number, (name, path) in enumerate(sorted(files.items())):
        if name.endswith(".py"):
            compiled = cached_name(name)
            found[compiled] = folder / f"{number}.pyc"
            wanted.append((str(path), str(found[compiled]), name))
    subprocess.run(
        [sys.executable, "-s", "-S", "-B", "-P", str(COMPILER)],
        input=json.dumps(wanted), env={"PYTHONHASHSEED": "0"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return found


def cached_name(source: str) -> str:
    """Return where Python looks for the bytecode of a source, in this Python's version."""
    folder, _, name = source.rpartition("/")
    stem = f"__pycache__/{name.removesuffix('.py')}.{sys.implementation.cache_tag}.pyc"
    return f"{folder}/{stem}" if folder else stem


def digest(path: Path) -> str:
    """Return the SHA-256 of a file as Terraform and Lambda write it: base64."""
    return base64.b64encode(hashlib.sha256(path.read_bytes()).digest()).decode()
