import pytest
from typer.main import get_command

from consumers.registry import discover
from tests.deploy.compose import arguments, ours
from workers.cli import create_app
from workers.run_consumer import ALL_BUT, chosen
from workers.wiring import QUEUES


def run_as(command: str) -> set[str]:
    """Returns the names that services give to one command, such as `worker`."""
    given = [arguments(service) for service in ours().values()]
    return {words[1] for words in given if words[0] == command}


@pytest.mark.parametrize("name", ours())
def test_every_command_is_one_that_the_command_line_knows(name: str) -> None:
    command, *words = arguments(ours()[name])
    group = get_command(create_app())
    known = getattr(group, "commands", {})
    assert command in known
    with known[command].make_context(command, list(words)) as context:
        assert [context.params[key] for key in ("name",) if words] == words


def test_every_task_queue_has_a_worker_of_its_own() -> None:
    assert run_as("worker") == set(QUEUES)


def test_every_consumer_runs_in_one_service_and_a_new_one_needs_no_line_here() -> None:
    own = run_as("consumer") & set(discover())
    (others,) = run_as("consumer") - own
    assert others == f"{ALL_BUT}{','.join(sorted(own))}"
    assert set(chosen(others)) == set(discover()) - own


def test_both_providers_have_a_sandbox() -> None:
    assert run_as("sandbox") == {"razorpay", "courier"}
