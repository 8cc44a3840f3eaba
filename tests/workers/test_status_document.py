from workers.status_document import PAGE, render


def test_the_page_of_states_is_what_the_tables_say() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == render(), "run `python -m workers.status_document`"
