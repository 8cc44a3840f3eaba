from workers.event_documents import PAGE, render


def test_the_page_about_events_is_up_to_date() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == render(), "run `python -m workers.event_documents`"
