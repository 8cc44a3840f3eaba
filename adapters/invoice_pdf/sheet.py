"""The paper: A4, one typeface, one accent colour, and the few strokes a document is made of."""

from dataclasses import dataclass
from enum import Enum

from fpdf import FPDF
from fpdf.enums import Align, MethodReturnValue
from fpdf.fonts import TTFFont

from adapters.invoice_pdf.readable import readable
from adapters.invoice_pdf.typefaces import FAMILY, SCRIPTS, Script, load_main_typeface

MARGIN = 14.0
WIDTH = 210.0 - 2 * MARGIN
BOTTOM = 297.0 - 18.0
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
    STAMP = (214, 92, 92)


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
STAMP = Style(size=92, bold=True, ink=Ink.STAMP)
STAMP_REASON = Style(size=13, bold=True, ink=Ink.STAMP)
LABEL = Style(size=6.5, bold=True, ink=Ink.MUTED)


class Sheet(FPDF):
    """Pages with text at places, in millimetres from the upper left corner."""

    def __init__(self, footer_text: str) -> None:
        """Open the first page; `footer_text` stands under each."""
        super().__init__(format="A4")
        self._footer_text = footer_text
        self._scripts: list[Script] = []
        load_main_typeface(self)
        self.set_margins(MARGIN, MARGIN)
        self.c_margin = 0
        self.set_auto_page_break(auto=False)
        self.add_page()

    def write_at(
        self, x: float, y: float, width: float, text: str, style: Style = BODY, align: str = "L"
    ) -> float:
        """Write a text into a column, over as many lines as it takes; return the y below it."""
        for line in self._lines(width, text, style):
            # The library leaves the wrong typeface behind after letters of another script.
            self.set_font(FAMILY, "", 1)
            self._take(style, line)
            self.set_xy(x, y)
            self.cell(width, style.line_mm, line, align=Align.coerce(align))
            y += style.line_mm
        return y

    def height_of(self, width: float, text: str, style: Style = BODY) -> float:
        """Return how high a text would stand in a column."""
        return len(self._lines(width, text, style)) * style.line_mm

    def _lines(self, width: float, text: str, style: Style) -> list[str]:
        """Break a text into the lines that it takes in a column."""
        drawn = self._take(style, text)
        lines = self.multi_cell(
            width, style.line_mm, drawn, dry_run=True, output=MethodReturnValue.LINES
        )
        return list(lines)  # type: ignore[arg-type]

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

    def rule(
        self, y: float, *, left: float = MARGIN, ink: Ink = Ink.HAIRLINE, weight: float = 0.2
    ) -> None:
        """Draw a line across, up to the right margin."""
        self.set_draw_color(*ink.value)
        self.set_line_width(weight)
        self.line(left, y, MARGIN + WIDTH, y)

    def stamp(self, word: str, reason: str) -> None:
        """Stamp a word over each page, with its reason below."""
        for page in range(1, self.pages_count + 1):
            self.page = page
            with self.local_context(fill_opacity=0.4), self.rotation(24, 105, 150):
                self.write_at(MARGIN, 128, WIDTH, word, STAMP, "C")
                self.write_at(MARGIN, 166, WIDTH, reason, STAMP_REASON, "C")

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
        self._take(SMALL, page)
        # The number of pages is filled in at the end, so it cannot be aligned to the right itself.
        width = self.get_string_width(f"{page}0")
        self.write_at(MARGIN + WIDTH - width, y, width + 5, page + "{nb}", SMALL)

    def _take(self, style: Style, text: str) -> str:
        """Take style and typefaces for a text; return the text as they can draw it.

        Letters of other scripts are joined and reordered by a shaping engine, which plain text is
        spared.
        """
        drawn = readable(text)
        foreign = [script for script in SCRIPTS if script.has(drawn)]
        for script in foreign:
            if script not in self._scripts:
                script.load(self)
                self._scripts.append(script)
        self.set_fallback_fonts([script.family for script in self._scripts], exact_match=True)
        self.set_text_shaping(bool(foreign))
        self.set_font(FAMILY, "B" if style.bold else "", style.size)
        self.set_text_color(*style.ink.value)
        return drawn
