"""Pages of a listing, with the provider's pagination block."""

import re
from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any, Final

DEFAULT_PER_PAGE: Final = 15
MOST_PER_PAGE: Final = 100
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,8}")


def page_of(
    rows: Sequence[Mapping[str, Any]], query: Mapping[str, str], *, link: str
) -> dict[str, Any]:
    """Return `data` and `meta` for the page that the query asks for.

    Args:
        rows: every row of the listing.
        query: `page` and `per_page`; anything unreadable falls back to the defaults.
        link: the listing's address, for the link to the next page.
    """
    per_page = min(_positive(query.get("per_page"), DEFAULT_PER_PAGE), MOST_PER_PAGE)
    page = _positive(query.get("page"), 1)
    pages = max(1, ceil(len(rows) / per_page))
    shown = rows[(page - 1) * per_page : page * per_page]
    links = {"next": f"{link}?page={page + 1}"} if page < pages else {}
    pagination = {
        "total": len(rows),
        "count": len(shown),
        "per_page": per_page,
        "current_page": page,
        "total_pages": pages,
        "links": links,
    }
    return {"data": list(shown), "meta": {"pagination": pagination}}


def _positive(text: str | None, default: int) -> int:
    return int(text) if text and _NUMBER.fullmatch(text) else default
