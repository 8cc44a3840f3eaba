from datetime import UTC, date, datetime

from domain.catalogue import indian_day


def test_a_day_begins_at_midnight_in_india() -> None:
    assert indian_day(datetime(2026, 11, 23, 18, 29, 59, tzinfo=UTC)) == date(2026, 11, 23)
    assert indian_day(datetime(2026, 11, 23, 18, 30, tzinfo=UTC)) == date(2026, 11, 24)
