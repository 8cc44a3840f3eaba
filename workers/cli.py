"""The `orders` command line: every command is a `workers/cli_*.py` module of its own."""

import importlib
import pkgutil
import sys

import typer
from rich.console import Console

import workers
from adapters.settings_reader import SettingsError
from domain.errors import OrderError, ServiceUnavailable
from workers.stack.errors import StackError

COMMAND_PREFIX = "cli_"
# What a newcomer looks for comes first in `--help`; the rest follows by name.
FIRST = ("cli_demo", "cli_up")
USAGE_ERROR = 2


def create_app() -> typer.Typer:
    """The command line with every command that is there.

    A command module has `register(app)` and imports what it runs inside its commands, so that
    `orders --help` stays quick and one broken process does not take the others with it.
    """
    app = typer.Typer(
        name="orders",
        help="Runs the orders of a web shop: the development stack and each of its processes.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,  # a log needs a traceback that is short and plain
    )
    for name in sorted(_command_modules(), key=lambda name: (name not in FIRST, name)):
        importlib.import_module(f"workers.{name}").register(app)
    return app


def _command_modules() -> list[str]:
    names = (each.name for each in pkgutil.iter_modules(workers.__path__))
    return [name for name in names if name.startswith(COMMAND_PREFIX)]


def main() -> None:
    """Entry point: errors that people can mend are shown as text, without a traceback."""
    try:
        create_app()()
    except (StackError, SettingsError, OrderError, ServiceUnavailable) as error:
        Console(stderr=True).print(f"[bold red]error:[/] {_escaped(str(error))}", highlight=False)
        sys.exit(USAGE_ERROR)


def _escaped(text: str) -> str:
    return text.replace("[", r"\[")


if __name__ == "__main__":
    main()
