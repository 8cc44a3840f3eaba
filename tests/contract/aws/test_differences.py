import pytest

from adapters.aws.clients import AwsClients
from tests.contract.aws.conftest import EMULATORS, clients_of
from tests.contract.aws.differences import DIFFERENCES, PAGE, Bench, Difference, page


@pytest.mark.parametrize("emulator", EMULATORS)
@pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda each: each.probe.__name__)
def test_an_emulator_does_what_the_page_says(
    request: pytest.FixtureRequest, emulator: str, difference: Difference, unique: str
) -> None:
    clients: AwsClients = clients_of(request, emulator)
    assert difference.probe(Bench(clients, unique)) == getattr(difference, emulator)


def test_the_page_shows_what_the_tests_expect() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text == page(), "run `python -m tests.contract.aws.differences`"
