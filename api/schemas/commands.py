"""Bodies of the commands to an existing order, and their answer."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from api.problems import catalogue as types
from api.problems.problem import Problem
from api.schemas.body import RequestBody, Text
from domain.attention import AttentionAction
from domain.errors import FieldError
from domain.messages import CancelOrder, CommandAnswer, ConfirmPayment
from domain.shipment import ShipmentLine
from domain.status import OrderStatus


def _example(**body: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [body]})


_Id = Annotated[Text, Field(min_length=1, max_length=64)]


class HandoverRequest(RequestBody):
    """What the payment sheet returned, unchanged."""

    model_config = _example(
        razorpay_payment_id="pay_29QQoUBi66xm2f",
        razorpay_order_id="order_9A33XWu170gUtm",
        razorpay_signature="9ef4dffbfd84f1318f6739a3ce19f9d85851857ae648f114332d8401e0949a3d",
    )

    razorpay_payment_id: _Id
    razorpay_order_id: _Id
    razorpay_signature: Annotated[Text, Field(min_length=1, max_length=256)]

    def command(self) -> ConfirmPayment:
        """Return the command for the order's workflow."""
        return ConfirmPayment(
            razorpay_payment_id=self.razorpay_payment_id,
            razorpay_order_id=self.razorpay_order_id,
            razorpay_signature=self.razorpay_signature,
        )


class CancelLine(RequestBody):
    """Units of one SKU that are not wanted any more."""

    sku: _Id
    quantity: int = Field(ge=1, le=10_000)


class CancelRequest(RequestBody):
    """Cancel the whole order, or only the units that `lines` names, each SKU once."""

    model_config = _example(
        reason="Ordered the wrong size", lines=[{"sku": "TEE-BLK-M", "quantity": 1}]
    )

    reason: Annotated[Text, Field(min_length=1, max_length=200)]
    lines: Annotated[list[CancelLine], Field(min_length=1, max_length=100)] | None = None

    def command(self, by: str) -> CancelOrder:
        """Return the command for the order's workflow.

        Raises:
            Problem: a SKU stands twice; names the second one.
        """
        lines = self.lines or []
        skus = [line.sku for line in lines]
        if doubled := [n for n, sku in enumerate(skus) if sku in skus[:n]]:
            errors = [
                FieldError(
                    field=f"lines[{index}].sku",
                    message=f"{skus[index]} stands twice",
                    remedy="send each SKU once, with all units of it",
                )
                for index in doubled
            ]
            raise Problem(types.INVALID_REQUEST, errors[0].message, errors=errors)
        return CancelOrder(
            reason=self.reason,
            by=by,
            lines=tuple(ShipmentLine(sku=line.sku, quantity=line.quantity) for line in lines),
        )


class ResolveRequest(RequestBody):
    """What ops decided about an attention; `skip` needs a note."""

    model_config = _example(attention_id="a1", action="retry", note="Address corrected by phone")

    attention_id: _Id
    action: Annotated[AttentionAction, Field(strict=False)]
    note: Annotated[Text, Field(max_length=500)] = ""


class PackedRequest(RequestBody):
    """Which parcel the warehouse has packed."""

    model_config = _example(shipment=1)

    shipment: int = Field(ge=1, le=1000)


class CommandBody(BaseModel):
    """Where the order stands after a command; read your own write with `sequence` and `epoch`."""

    order_id: str
    status: OrderStatus
    sequence: int
    epoch: int
    message: str = ""

    @classmethod
    def of(cls, answer: CommandAnswer) -> "CommandBody":
        """Return the body for the workflow's answer."""
        return cls(
            order_id=answer.order_id,
            status=answer.status,
            sequence=answer.sequence,
            epoch=answer.epoch,
            message=answer.message,
        )
