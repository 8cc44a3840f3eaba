"""Invoices and credit notes."""

from typing import Final
from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from activities.invoicing import document_file
from api.dependencies import Deps
from api.problems import catalogue as types
from api.problems.openapi import Responses, problems
from api.problems.problem import Problem
from api.reading import read_order
from api.schemas.orders import DocumentBody
from api.security import AnyCaller

router = APIRouter(prefix="/orders", tags=["documents"])

URL_LIFETIME_S: Final = 60
_REDIRECT: Final[Responses] = {
    307: {
        "description": "The PDF stands at a URL that is good for a minute.",
        "headers": {"Location": {"schema": {"type": "string"}}},
        "content": {},
    }
}


class LinkedDocument(DocumentBody):
    """A document and where its PDF is."""

    url: str


class DocumentList(BaseModel):
    """All documents of an order."""

    invoices: list[LinkedDocument]


@router.get(
    "/{order_id}/invoices",
    responses=problems(types.INVALID_TOKEN, types.ORDER_NOT_FOUND, types.ORDER_UNAVAILABLE),
)
async def list_invoices(order_id: str, caller: AnyCaller, deps: Deps) -> DocumentList:
    """List invoices and credit notes."""
    view = (await read_order(deps, order_id, caller)).view
    bodies = [DocumentBody.model_validate(document) for document in view.documents]
    return DocumentList(
        invoices=[
            LinkedDocument(
                **body.model_dump(), url=f"/orders/{order_id}/invoices/{quote(body.number)}"
            )
            for body in bodies
        ]
    )


@router.get(
    "/{order_id}/invoices/{number:path}",
    status_code=307,
    response_class=RedirectResponse,
    responses=_REDIRECT
    | problems(
        types.INVALID_TOKEN, types.ORDER_NOT_FOUND, types.NOT_FOUND, types.ORDER_UNAVAILABLE
    ),
)
async def get_invoice(
    order_id: str, number: str, caller: AnyCaller, deps: Deps
) -> RedirectResponse:
    """Redirect to the PDF. The number may be sent with its slashes or without escaping them."""
    view = (await read_order(deps, order_id, caller)).view
    if number not in {document.number for document in view.documents}:
        raise Problem(types.NOT_FOUND, "this order has no document of this number")
    filename = f"{number.replace('/', '-')}.pdf"
    url = await deps.files.url(document_file(number), URL_LIFETIME_S, filename)
    return RedirectResponse(url, status_code=307)
