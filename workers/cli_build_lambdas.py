"""`orders build-lambdas`: the functions as zips."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("build-lambdas")(build_lambdas)


def build_lambdas(
    out: Annotated[Path, typer.Option("--out", help="Folder for the zips and build.json.")] = Path(
        "build/lambdas"
    ),
    only: Annotated[
        list[str] | None, typer.Option("--only", help="A function by name; may be repeated.")
    ] = None,
    terraform: Annotated[
        bool, typer.Option("--terraform", help="Write deploy/terraform/lambdas.tf.json instead.")
    ] = False,
) -> None:
    """Pack every function: the same bytes each time, with bytecode, with only what it needs.

    Fails if a function loads a module that it forbids, and says through which chain of imports.
    Use the Python version that the functions will run on.
    """
    import sys

    from rich.console import Console

    from lambdas.functions import functions
    from workers.build_lambdas.build import build
    from workers.build_lambdas.report import table
    from workers.build_lambdas.terraform import FILE
    from workers.build_lambdas.terraform import terraform as configuration
    from workers.stack.errors import StackError

    if terraform:
        FILE.write_text(configuration(functions()))
        return
    found = {function.name: function for function in functions()}
    if unknown := sorted(set(only or ()) - set(found)):
        message = f"no function {', '.join(unknown)}; there are {', '.join(found)}"
        raise StackError(message)
    built = build([found[name] for name in only or found], out)
    console = Console(width=None if sys.stdout.isatty() else 120, highlight=False)
    console.print(table(built))
    console.print(f"written to {out}")
