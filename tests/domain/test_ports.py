from domain.ports import Position
from tests.domain.journeys import journey
from tests.domain.test_view import view_of


def test_a_later_epoch_is_newer_whatever_its_sequence() -> None:
    places = [(2, 1), (1, 9), (1, 10), (3, 0)]
    positions = sorted(Position(epoch=epoch, sequence=sequence) for epoch, sequence in places)
    assert [str(position) for position in positions] == ["1:9", "1:10", "2:1", "3:0"]


def test_an_event_and_the_view_after_it_stand_at_the_same_place() -> None:
    events = journey(1).events
    assert Position.of(events[-1]) == Position.of(view_of(events))
