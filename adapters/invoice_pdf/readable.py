"""Text as our typefaces can draw it: scripts without one in Latin letters, the rest as `?`.

The blocks of the Indic scripts in Unicode follow one plan (that of ISCII), so one table of offsets
reads them all. The spelling is that of road signs (Hunterian), not of scholars.
"""

import re
import unicodedata
from functools import cache
from importlib.resources import as_file, files
from typing import Final

from fontTools.ttLib import TTFont

from adapters.invoice_pdf.typefaces import MAIN_PACKAGE, MAIN_REGULAR, SCRIPTS

_BLOCK: Final = 0x80
_SPEAKS_NO_LAST_VOWEL: Final = (0x0A00, 0x0A80)
"""Gurmukhi and Gujarati: a word's last inherent vowel is silent."""
_WORD: Final = re.compile(
    "[\u0a00-\u0a7f\u0a80-\u0aff\u0b00-\u0b7f\u0c80-\u0cff\u0d00-\u0d7f\u200c\u200d]+"
)
"""A word in Gurmukhi, Gujarati, Odia, Kannada or Malayalam, with the joiners inside it."""


def _table(first: int, sounds: str) -> dict[int, str]:
    return dict(enumerate(sounds.split(), first))


_VOWELS: Final = _table(0x05, "a a i i u u ri li e e e ai o o o au")
_SIGNS: Final = _table(0x3E, "a i i u u ri ri e e e ai o o o au") | {0x4D: ""}
_CONSONANTS: Final = _table(
    0x15,
    "k kh g gh n ch chh j jh n t th d dh n t th d dh n n p ph b bh m y r r l l zh v sh sh s h",
)
_OTHERS: Final = (
    {0x03: "h"}
    | _table(0x66, "0 1 2 3 4 5 6 7 8 9")
    # Malayalam's letters for a consonant without its vowel.
    | _table(0x7A, "n n r l l k")
)
_NASALS: Final = (0x01, 0x02, 0x70)
_NUKTA: Final = 0x3C
_JOINERS: Final = "\u200c\u200d"


def readable(text: str) -> str:
    """Return a text in which every character can be drawn."""
    spelled = _WORD.sub(lambda word: _spelled(word[0]), unicodedata.normalize("NFC", text))
    return "".join(_drawable(character) for character in spelled)


def _drawable(character: str) -> str:
    if character == "\n" or ord(character) in _drawn():
        return character
    return "" if unicodedata.category(character) in ("Cf", "Mn") else "?"


@cache
def _drawn() -> frozenset[int]:
    """Return every character that one of our typefaces has."""
    known: set[int] = set()
    scripts = ((script.package, script.regular) for script in SCRIPTS)
    for package, name in ((MAIN_PACKAGE, MAIN_REGULAR), *scripts):
        with as_file(files(package) / "files" / name) as path, TTFont(path, lazy=True) as font:
            known |= set(font.getBestCmap())
    return frozenset(known)


def _spelled(word: str) -> str:
    offsets = [ord(letter) % _BLOCK for letter in word if letter not in _JOINERS]
    offsets = [offset for offset in offsets if offset != _NUKTA]
    silent = ord(word[0]) // _BLOCK * _BLOCK in _SPEAKS_NO_LAST_VOWEL
    parts = []
    for place, offset in enumerate(offsets):
        follows = offsets[place + 1] if place + 1 < len(offsets) else None
        parts.append(_sound(offset, follows, silent=silent))
    return "".join(parts).capitalize()


def _sound(offset: int, follows: int | None, *, silent: bool) -> str:
    """Return a letter's sound: a consonant speaks an `a` unless what follows says otherwise."""
    if offset in _CONSONANTS:
        mute = follows in _SIGNS or (follows is None and silent)
        return _CONSONANTS[offset] + ("" if mute else "a")
    if offset in _NASALS:
        return "m" if follows is None and not silent else "n"
    return _VOWELS.get(offset) or _SIGNS.get(offset) or _OTHERS.get(offset, "")
