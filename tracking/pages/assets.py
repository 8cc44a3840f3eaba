"""Addresses of static files: they carry a digest, so that they may be cached for ever."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent.parent / "static"


@cache
def asset(name: str) -> str:
    """Return the address of a static file; a changed file has another address."""
    digest = hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?{digest}"
