"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data", help="Data folder of the stack.", show_default="ORDERS_DATA_DIR, else .data"
    ),
]
