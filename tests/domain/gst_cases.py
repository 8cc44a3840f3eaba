"""The table of GST cases: read from gst_cases.toml, and shown in docs/tax.md.

`python -m tests.domain.gst_cases` writes the table into the page.
"""

import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("gst_cases.toml")
PAGE = Path(__file__).parents[2] / "docs" / "tax.md"
BEGIN, END = "<!-- cases: begin -->", "<!-- cases: end -->"
NOON = datetime(2026, 11, 23, 12, tzinfo=timezone(timedelta(hours=5, minutes=30)))


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """What is ordered: price of one unit, and the rate with its changes."""

    sku: str
    price_paise: int
    quantity: int
    rate: int
    changes: tuple[tuple[date, int], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A line of a document, in paise."""

    sku: str
    units: int
    charged: int
    taxable: int
    cgst: int
    sgst: int
    utgst: int
    igst: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Invoice:
    """One parcel's invoice, and what a credit note takes back of it."""

    supplied_from: str
    rows: tuple[Row, ...]
    number: str | None = None
    credit: tuple[Row, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """An order and what must come of it."""

    name: str
    source: str
    working: str
    to: str
    items: tuple[Item, ...]
    invoices: tuple[Invoice, ...]
    gstin: str | None = None
    percent_off: int = 0
    method: str = "prepaid"
    ordered: datetime = NOON
    sent: datetime = NOON


def cases() -> list[Case]:
    """Return all cases, in the order of the file."""
    return [_case(each) for each in tomllib.loads(FILE.read_text(encoding="utf-8"))["case"]]


def paise(rupees: str) -> int:
    """Return an amount such as `1180.00`, or `0`, in paise."""
    whole, _, rest = rupees.partition(".")
    return int(whole) * 100 + int(rest or 0)


def table() -> str:
    """Return the cases as Markdown: a row for each line of each document."""
    head = "case | from → to | line | charged | taxable | CGST | SGST | UTGST | IGST"
    rows = [f"| {head} |", "|---|---|---|--:|--:|--:|--:|--:|--:|"]
    notes = []
    for number, case in enumerate(cases(), 1):
        for invoice in case.invoices:
            rows += [_row(number, case, invoice, each, "") for each in invoice.rows]
            rows += [_row(number, case, invoice, each, "credit ") for each in invoice.credit]
        notes.append(f"{number}. **{case.name}.** {case.working}. *{case.source}.*")
    return "\n".join([*rows, "", *notes])


def shown(page: str) -> str:
    """Return the page with the table in its place."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def _case(read: dict[str, Any]) -> Case:
    given = {key: read[key] for key in ("gstin", "percent_off", "method") if key in read}
    ordered = read.get("ordered", read.get("sent", NOON))
    return Case(
        name=read["name"],
        source=read["source"],
        working=read["working"],
        to=read["to"],
        items=tuple(_item(each) for each in read["items"]),
        invoices=tuple(_invoice(each) for each in read["invoice"]),
        ordered=ordered.astimezone(UTC),
        sent=read.get("sent", NOON).astimezone(UTC),
        **given,
    )


def _item(read: dict[str, Any]) -> Item:
    return Item(
        sku=read["sku"],
        price_paise=paise(read["price"]),
        quantity=read["quantity"],
        rate=read["rate"],
        changes=tuple((each["on"], each["rate"]) for each in read.get("changes", ())),
    )


def _invoice(read: dict[str, Any]) -> Invoice:
    return Invoice(
        supplied_from=read["from"],
        number=read.get("number"),
        rows=tuple(_read_row(each) for each in read["lines"]),
        credit=tuple(_read_row(each) for each in read.get("credit", ())),
    )


def _read_row(cells: list[Any]) -> Row:
    charged, taxable, cgst, sgst, utgst, igst = (paise(cell) for cell in cells[2:])
    return Row(
        sku=cells[0],
        units=cells[1],
        charged=charged,
        taxable=taxable,
        cgst=cgst,
        sgst=sgst,
        utgst=utgst,
        igst=igst,
    )


def _row(number: int, case: Case, invoice: Invoice, row: Row, what: str) -> str:
    rate = next(item for item in case.items if item.sku == row.sku).rate
    for on, new in next(item for item in case.items if item.sku == row.sku).changes:
        rate = new if case.sent.astimezone(NOON.tzinfo).date() >= on else rate
    business = f", {case.gstin[:2]}…" if case.gstin else ""
    figures = (row.charged, row.taxable, row.cgst, row.sgst, row.utgst, row.igst)
    cells = [f"{each / 100:,.2f}" if each else "" for each in figures]
    line = f"{what}{row.units} × {row.sku}, {rate} %"
    route = f"{invoice.supplied_from} → {case.to}{business}"
    return f"| {number} | {route} | {line} | {' | '.join(cells)} |"


if __name__ == "__main__":
    PAGE.write_text(shown(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
