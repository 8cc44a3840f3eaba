"""A PDF writer of the smallest useful size: pages of text lines and bars.

Written by hand, because a PDF library costs most of the sandbox's start-up time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

POINTS_PER_MM = 72 / 25.4
MARGIN = 24.0


@dataclass(kw_only=True, slots=True)
class Page:
    """One page under construction, filled from the top. Sizes in points."""

    width: float
    height: float
    _down: float = MARGIN
    _content: list[str] = field(default_factory=list)

    def line(self, text: str, *, size: float = 10.0, bold: bool = False) -> None:
        """Add one line of text; characters outside Latin-1 print as question marks."""
        self._down += size * 1.35
        font = "F2" if bold else "F1"
        place = f"{MARGIN:.1f} {self.height - self._down:.1f} Td"
        self._content.append(f"BT /{font} {size:g} Tf {place} ({_escaped(text)}) Tj ET")

    def bars(self, digits: str, *, height: float = 36.0) -> None:
        """Add a row of bars whose widths follow the digits, for the look of a bar code."""
        self._down += height + 6
        left = MARGIN
        for digit in digits:
            width = 0.8 + int(digit) * 0.35
            place = f"{left:.2f} {self.height - self._down:.1f} {width:.2f} {height:g}"
            self._content.append(f"{place} re f")
            left += width + 2.4

    def content(self) -> bytes:
        """Return the page's content stream."""
        return "\n".join(self._content).encode("latin-1", "replace")


def document(pages: Sequence[Page]) -> bytes:
    """Return a complete PDF 1.4 file."""
    count = len(pages)
    kids = " ".join(f"{5 + 2 * index} 0 R" for index in range(count))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {count} >>".encode(),
        _font("Helvetica"),
        _font("Helvetica-Bold"),
    ]
    for index, page in enumerate(pages):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {page.width:.2f} {page.height:.2f}]"
            f" /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >>"
            f" /Contents {6 + 2 * index} 0 R >>".encode()
        )
        stream = page.content()
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
    return _file(objects)


def _font(name: str) -> bytes:
    return (
        f"<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>".encode()
    )


def _file(objects: Sequence[bytes]) -> bytes:
    written = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table_at = len(written)
    written += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for offset in offsets:
        written += b"%010d 00000 n \n" % offset
    written += b"trailer\n<< /Size %d /Root 1 0 R >>\n" % (len(objects) + 1)
    return bytes(written + b"startxref\n%d\n%%%%EOF\n" % table_at)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)").replace("\n", " ")
