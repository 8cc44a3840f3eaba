import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.invoice_pdf.readable import readable


@pytest.mark.parametrize(
    "text",
    ["Asha Rao", "Zoë Müller", "₹1,499.00 – 9%", "आशा श्रीवास्तव", "আশা", "தமிழ்", "కృష్ణ", "a\nb"],
)
def test_what_can_be_drawn_stays(text: str) -> None:
    assert readable(text) == text


@pytest.mark.parametrize(
    ("written", "drawn"),
    [
        ("ಕನ್ನಡ", "Kannada"),
        ("ಬೆಂಗಳೂರು", "Bengaluru"),
        ("ગુજરાત", "Gujarat"),
        ("ਪੰਜਾਬ", "Panjab"),
        ("ଓଡ଼ିଶା", "Odisha"),
        ("മലയാളം", "Malayalam"),
        ("കൊച്ചി കോട്ടയം", "Kochchi Kottayam"),
        ("അമൽ", "Amal"),
        ("ಮನೆ ೧೨", "Mane 12"),
        ("દુઃખ", "Duhkh"),
        ("12, ગાંધી રોડ", "12, Gandhi Rod"),
    ],
)
def test_scripts_without_a_typeface_are_spelled_in_latin_letters(written: str, drawn: str) -> None:
    assert readable(written) == drawn


@pytest.mark.parametrize(
    ("written", "drawn"), [("Ok 😀", "Ok ?"), ("日本", "??"), ("A\u202eB\u200d", "AB")]
)
def test_the_rest_is_a_question_mark_or_nothing(written: str, drawn: str) -> None:
    assert readable(written) == drawn


@given(st.text(max_size=60))
def test_every_text_can_be_drawn(text: str) -> None:
    assert readable(readable(text)) == readable(text)
