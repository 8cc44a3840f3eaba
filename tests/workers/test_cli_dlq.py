from collections.abc import Sequence

import pytest
from typer.testing import CliRunner

from adapters.settings import Settings
from workers import dead_letters
from workers.cli import create_app
from workers.dead_letters import DeadLetter
from workers.stack.dev_secrets import GENERATED
from workers.stack.errors import StackError

LETTER = DeadLetter(
    consumer="order_view",
    message_id="6f2b7a0e-9c1d-4f3e-8a5b-1c2d3e4f5a6b",
    subject="ord_abcdefghij0123456789:1:7",
    type="delivery_out_for_delivery",
    body='{"customer":"[bold]"}',
    queue="order-view-undelivered",
    why="AccessDenied: [no] permission",
)


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, make in GENERATED.items():
        monkeypatch.setenv(name, make())


def orders(*arguments: str) -> str:
    shown = CliRunner().invoke(create_app(), ["dlq", *arguments], catch_exceptions=False)
    assert shown.exit_code == 0
    return shown.output


def test_a_list_shows_ids_whole_so_that_they_can_be_pasted(monkeypatch: pytest.MonkeyPatch) -> None:
    def found(_settings: Settings, consumer: str | None = None) -> list[DeadLetter]:
        return [LETTER] if consumer in {None, "order_view"} else []

    monkeypatch.setattr(dead_letters, "list_dead", found)
    shown = orders("list")
    assert LETTER.message_id in shown
    assert LETTER.subject in shown
    assert LETTER.queue in shown
    assert LETTER.why in shown
    assert LETTER.body not in shown, "bodies hold personal data"
    assert "1 dead" in shown
    assert orders("list", "webhook_inbox").strip() == "0 dead"


def test_the_body_is_printed_as_it_is_and_the_reason_beside_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dead_letters, "show", lambda *_: LETTER)
    arguments = ["dlq", "show", "order_view", LETTER.message_id]
    shown = CliRunner().invoke(create_app(), arguments, catch_exceptions=False)
    assert shown.stdout.strip() == LETTER.body
    assert shown.stderr.strip() == f"in {LETTER.queue}: {LETTER.why}"


@pytest.mark.parametrize("command", ["redrive", "drop"])
def test_all_or_the_named_ones(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, Sequence[str] | None]] = []

    def taken(
        _settings: Settings, consumer: str, message_ids: Sequence[str] | None = None
    ) -> list[DeadLetter]:
        asked.append((consumer, message_ids))
        return [LETTER]

    monkeypatch.setattr(dead_letters, command, taken)
    orders(command, "order_view", "--all")
    orders(command, "order_view", "a", "b")
    assert asked == [("order_view", None), ("order_view", ["a", "b"])]


@pytest.mark.parametrize("command", ["redrive", "drop"])
@pytest.mark.parametrize("choice", [(), ("a", "--all")])
def test_nothing_happens_unless_the_choice_is_clear(command: str, choice: tuple[str, ...]) -> None:
    with pytest.raises(StackError, match="give message ids, or --all"):
        orders(command, "order_view", *choice)
