"""The paper: A4, one typeface, one accent colour, and the few strokes a document is made of."""

from dataclasses import dataclass
from enum import Enum
from importlib.resources import files

from fpdf import FPDF
from fpdf.enums import Align, MethodReturnValue, XPos, YPos
from fpdf.fonts import TTFFont

MARGIN = 14.0
WIDTH = 210.0 - 2 * MARGIN
BOTTOM = 297.0 - 18.0
FAMILY = "Lato"
LINE_HEIGHT = 1.32
"""Height of a line over the size of its letters."""
MM_PER_POINT = 25.4 / 72


class Ink(Enum):
    """The colours: text, text beside the point, hairlines, tinted ground, and the accent."""

    TEXT = (31, 41, 51)
    MUTED = (108, 119, 130)
    HAIRLINE = (219, 225, 231)
    TINT = (241, 247, 246)
    ACCENT = (11, 110, 105)
    PAPER = (255, 255, 255)


@dataclass(frozen=True, kw_only=True, slots=True)
class Style:
    """How a text looks; `size` in points."""

    size: float = 8.5
    bold: bool = False
    ink: Ink = Ink.TEXT

    @property
    def line_mm(self) -> float:
        """Return the height of a line."""
        return self.size * MM_PER_POINT * LINE_HEIGHT


BODY = Style()
STRONG = Style(bold=True)
MUTED = Style(ink=Ink.MUTED)
NAME = Style(size=9.5, bold=True)
SMALL = Style(size=7, ink=Ink.MUTED)
LABEL = Style(size=6.5, bold=True, ink=Ink.MUTED)


class Sheet(FPDF):
    """Pages with text at places, in millimetres from the upper left corner."""

    def __init__(self, footer_text: str) -> None:
        """Open the first page; `footer_text` stands under each."""
        super().__init__(format="A4")
        self._footer_text = footer_text
        fonts = files("fontpkg_lato") / "files"
        self.add_font(FAMILY, "", str(fonts / "Lato-Regular.ttf"))
        self.add_font(FAMILY, "B", str(fonts / "Lato-Bold.ttf"))
        self.set_margins(MARGIN, MARGIN)
        self.c_margin = 0
        self.set_auto_page_break(auto=False)
        self.add_page()

    def write_at(
        self, x: float, y: float, width: float, text: str, style: Style = BODY, align: str = "L"
    ) -> float:
        """Write a text into a column, over as many lines as it takes; return the y below it."""
        self._take(style)
        self.set_xy(x, y)
        self.multi_cell(
            width,
            style.line_mm,
            text,
            align=Align.coerce(align),
            new_x=XPos.LEFT,
            new_y=YPos.NEXT,
        )
        return float(self.get_y())

    def height_of(self, width: float, text: str, style: Style = BODY) -> float:
        """Return how high a text would stand in a column."""
        self._take(style)
        lines = self.multi_cell(
            width, style.line_mm, text, dry_run=True, output=MethodReturnValue.LINES
        )
        return len(lines) * style.line_mm  # type: ignore[arg-type]

    def label_at(self, x: float, y: float, width: float, text: str, align: str = "L") -> float:
        """Write a small heading in capitals over what it names."""
        return self.write_at(x, y, width, text.upper(), LABEL, align)

    def finish(self) -> bytes:
        """Return the PDF and let go of the font files, which the library would keep open."""
        try:
            return bytes(self.output())
        finally:
            for font in self.fonts.values():
                if isinstance(font, TTFFont):
                    font.ttfont.close()

    def rule(self, y: float, *, ink: Ink = Ink.HAIRLINE, weight: float = 0.2) -> None:
        """Draw a line across."""
        self.set_draw_color(*ink.value)
        self.set_line_width(weight)
        self.line(MARGIN, y, MARGIN + WIDTH, y)

    def ground(self, x: float, y: float, width: float, height: float, ink: Ink) -> None:
        """Tint a rectangle."""
        self.set_fill_color(*ink.value)
        self.rect(x, y, width, height, style="F", round_corners=True, corner_radius=1.2)

    def footer(self) -> None:
        """Write the line under each page; called by the library."""
        y = BOTTOM + 6
        self.rule(y - 2)
        self.write_at(MARGIN, y, WIDTH - 30, self._footer_text, SMALL)
        page = f"Page {self.page_no()} of "
        self._take(SMALL)
        # The number of pages is filled in at the end, so it cannot be aligned to the right itself.
        width = self.get_string_width(f"{page}0")
        self.write_at(MARGIN + WIDTH - width, y, width + 5, page + "{nb}", SMALL)

    def _take(self, style: Style) -> None:
        self.set_font(FAMILY, "B" if style.bold else "", style.size)
        self.set_text_color(*style.ink.value)
