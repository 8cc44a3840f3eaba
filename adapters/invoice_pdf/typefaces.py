"""The typefaces: one for everything, and one for each script of India that names come in."""

from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from fpdf import FPDF

FAMILY: Final = "Lato"
MAIN_PACKAGE: Final = "fontpkg_lato"
MAIN_REGULAR: Final = "Lato-Regular.ttf"


@dataclass(frozen=True, kw_only=True, slots=True)
class Script:
    """A script, its block in Unicode, and the files that draw it.

    A typeface that comes as one variable file is taken as it begins, for bold text too: to thicken
    it would take seconds per document.
    """

    family: str
    package: str
    first: int
    last: int
    regular: str
    bold: str

    def has(self, text: str) -> bool:
        """Tell whether a text has a character of this script."""
        return any(self.first <= ord(character) <= self.last for character in text)

    def load(self, pdf: FPDF) -> None:
        """Make both weights of the typeface known to a PDF, which embeds what it uses of them."""
        folder = files(self.package) / "files"
        pdf.add_font(self.family, "", str(folder / self.regular))
        pdf.add_font(self.family, "B", str(folder / self.bold))


SCRIPTS: Final = (
    Script(
        family="Hind",
        package="fontpkg_hind",
        first=0x0900,
        last=0x097F,
        regular="Hind-Regular.ttf",
        bold="Hind-Bold.ttf",
    ),
    Script(
        family="HindSiliguri",
        package="fontpkg_hind_siliguri",
        first=0x0980,
        last=0x09FF,
        regular="HindSiliguri-Regular.ttf",
        bold="HindSiliguri-Bold.ttf",
    ),
    Script(
        family="NotoSansTamil",
        package="fontpkg_noto_sans_tamil",
        first=0x0B80,
        last=0x0BFF,
        regular="NotoSansTamil[wdth,wght].ttf",
        bold="NotoSansTamil[wdth,wght].ttf",
    ),
    Script(
        family="NotoSansTelugu",
        package="fontpkg_noto_sans_telugu",
        first=0x0C00,
        last=0x0C7F,
        regular="NotoSansTelugu[wdth,wght].ttf",
        bold="NotoSansTelugu[wdth,wght].ttf",
    ),
)
"""Devanagari (Hindi, Marathi, Nepali, Konkani), Bengali with Assamese, Tamil and Telugu."""


def load_main_typeface(pdf: FPDF) -> None:
    """Make the typeface of everything else known."""
    folder = files(MAIN_PACKAGE) / "files"
    pdf.add_font(FAMILY, "", str(folder / MAIN_REGULAR))
    pdf.add_font(FAMILY, "B", str(folder / "Lato-Bold.ttf"))
