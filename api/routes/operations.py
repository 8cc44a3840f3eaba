"""What ops see and do."""

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.dependencies import ApiSettings, Deps
from api.idempotency import OptionalIdempotencyKey
from api.problems import catalogue as types
from api.problems.openapi import problems
from api.reading import read_order
from api.schemas.commands import CommandBody, PackedRequest, ResolveRequest
from api.schemas.orders import OrderSummary, summary_of
from api.security import OpsCaller
from api.steering import steering
from domain import ids
from domain.messages import MarkPacked, ResolveAttention
from domain.ports import OrderQuery
from domain.status import OrderStatus
from domain.view import OrderView
from domain.wire import to_json

router = APIRouter(prefix="/ops/orders", tags=["ops"])

_COMMAND_PROBLEMS = problems(
    types.MALFORMED_BODY,
    types.IDEMPOTENCY_KEY_INVALID,
    types.INVALID_TOKEN,
    types.FORBIDDEN,
    types.ORDER_NOT_FOUND,
    types.COMMAND_REFUSED,
    types.IMPOSSIBLE_STEP,
    types.BODY_TOO_LARGE,
    types.INVALID_REQUEST,
    types.ORDER_UNAVAILABLE,
)
_OrderId = Annotated[str, Query(pattern="^ord_[a-z2-7]{20}$")]
_Reference = Annotated[str, Query(min_length=1, max_length=100)]


class Filters(BaseModel):
    """What to look for; absent filters do not restrict."""

    model_config = ConfigDict(extra="forbid")

    status: OrderStatus | None = None
    customer: _Reference | None = Field(default=None, description="Id, phone or email.")
    placed_from: AwareDatetime | None = None
    placed_until: AwareDatetime | None = None
    attention: bool | None = Field(default=None, description="Waits for a person, or does not.")
    payment_id: _Reference | None = None
    awb: _Reference | None = None
    order_id: _OrderId | None = None
    total_paise: Annotated[int, Query(ge=0)] | None = Field(
        default=None, description="The order's total, exactly."
    )
    limit: Annotated[int, Query(ge=1, le=200)] = 50
    after: _OrderId | None = None

    def query(self) -> OrderQuery:
        """Return the search for the port."""
        return OrderQuery(**self.model_dump())


class OpsSummary(OrderSummary):
    """An order in ops' list: with its customer, what waits for a person, and the console."""

    customer_id: str
    attention: list[dict[str, Any]]
    temporal_ui_url: str


class OpsList(BaseModel):
    """A page of orders, newest first; pass `next` as `after` for the following page."""

    orders: list[OpsSummary]
    next: str | None


class OpsOrder(BaseModel):
    """Everything that is known of an order, with a link to its workflow in the Temporal UI."""

    temporal_ui_url: str
    order: dict[str, Any]


@router.get(
    "",
    responses=problems(
        types.INVALID_TOKEN, types.FORBIDDEN, types.INVALID_REQUEST, types.SERVICE_UNAVAILABLE
    ),
)
async def find_orders(_: OpsCaller, deps: Deps, filters: Annotated[Filters, Query()]) -> OpsList:
    """Find orders by any mixture of status, customer, date, attention, payment, AWB and total."""
    views = await deps.search.find(filters.query())
    return OpsList(
        orders=[_ops_summary(view, deps.settings) for view in views],
        next=_next(views, filters.limit),
    )


@router.get(
    "/{order_id}",
    responses=problems(
        types.INVALID_TOKEN, types.FORBIDDEN, types.ORDER_NOT_FOUND, types.ORDER_UNAVAILABLE
    ),
)
async def show_order(order_id: str, caller: OpsCaller, deps: Deps) -> OpsOrder:
    """Show everything about one order."""
    view = (await read_order(deps, order_id, caller)).view
    return OpsOrder(temporal_ui_url=_workflow_url(deps.settings, order_id), order=to_json(view))


@router.post("/{order_id}/resolve", responses=_COMMAND_PROBLEMS)
async def resolve_attention(
    order_id: str,
    caller: OpsCaller,
    request: ResolveRequest,
    deps: Deps,
    key: OptionalIdempotencyKey = None,
) -> CommandBody:
    """Answer what waits for a person: retry, skip with a note, or cancel."""
    command = ResolveAttention(
        attention_id=request.attention_id,
        action=request.action,
        note=request.note,
        by=caller.subject,
    )
    key = key or f"resolve-{request.attention_id}-{request.action}"
    async with steering(deps, order_id, caller):
        answer = await deps.commands.resolve_attention(order_id, command, key)
    return CommandBody.of(answer)


@router.post("/{order_id}/packed", responses=_COMMAND_PROBLEMS)
async def mark_packed(
    order_id: str,
    caller: OpsCaller,
    request: PackedRequest,
    deps: Deps,
    key: OptionalIdempotencyKey = None,
) -> CommandBody:
    """Tell that the warehouse has packed a parcel."""
    command = MarkPacked(shipment=request.shipment)
    key = key or f"packed-{request.shipment}"
    async with steering(deps, order_id, caller):
        answer = await deps.commands.mark_packed(order_id, command, key)
    return CommandBody.of(answer)


def _ops_summary(view: OrderView, settings: ApiSettings) -> OpsSummary:
    return OpsSummary(
        **summary_of(view).model_dump(),
        customer_id=view.customer_id,
        attention=[to_json(each) for each in view.attention if each.resolved_at is None],
        temporal_ui_url=_workflow_url(settings, view.order_id),
    )


def _workflow_url(settings: ApiSettings, order_id: str) -> str:
    workflow = quote(ids.workflow_id(order_id), safe="")
    return (
        f"{settings.temporal_ui_url}/namespaces/{settings.temporal_namespace}/workflows/{workflow}"
    )


def _next(views: Sequence[OrderView], limit: int) -> str | None:
    return views[-1].order_id if len(views) == limit else None
