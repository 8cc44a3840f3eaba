"""Every problem type of the API; `docs/errors.md` shows this table to clients.

The slug is the class name of the error in kebab case, so it is stable as long as the class is.
"""

import re
from dataclasses import dataclass
from typing import Final

_CAPITAL: Final = re.compile(r"(?<!^)(?=[A-Z])")


@dataclass(frozen=True, kw_only=True, slots=True)
class ProblemType:
    """One kind of problem: its slug, its status code, and what a client should do about it."""

    slug: str
    status: int
    title: str
    remedy: str

    @property
    def uri(self) -> str:
        """Return the `type` member: relative to the API's address, and readable there."""
        return f"/problems/{self.slug}"


def slug_of(class_name: str) -> str:
    """Return the slug of an error class: `OutOfStock` gives `out-of-stock`."""
    return _CAPITAL.sub("-", class_name).lower()


def _type(slug: str, status: int, title: str, remedy: str) -> ProblemType:
    return ProblemType(slug=slug, status=status, title=title, remedy=remedy)


MALFORMED_BODY = _type(
    "malformed-body", 400, "The body is not JSON", "Send a JSON object as application/json."
)
IDEMPOTENCY_KEY_INVALID = _type(
    "idempotency-key-invalid",
    400,
    "The Idempotency-Key header is missing or unusable",
    "Send 1 to 255 printable ASCII characters, a new key for each new intention.",
)
WEBHOOK_UNREADABLE = _type(
    "webhook-unreadable", 400, "The webhook is signed but unreadable", "Send a JSON object."
)
INVALID_TOKEN = _type(
    "invalid-token",
    401,
    "The bearer token is missing or not valid",
    "Sign in again and send the new token as `Authorization: Bearer …`.",
)
WEBHOOK_UNSIGNED = _type(
    "webhook-unsigned",
    401,
    "The webhook is not from whom it claims",
    "Check the shared secret on both sides.",
)
FORBIDDEN = _type(
    "forbidden", 403, "The token's scope does not allow this", "Use a token of the right scope."
)
ORDER_NOT_FOUND = _type(
    "order-not-found", 404, "No such order", "Check the order id and whose token was sent."
)
NOT_FOUND = _type("not-found", 404, "Nothing is here", "See /openapi.json for what there is.")
METHOD_NOT_ALLOWED = _type(
    "method-not-allowed", 405, "The method is not allowed here", "Use one of the Allow header."
)
OUT_OF_STOCK = _type(
    "out-of-stock",
    409,
    "Some lines are out of stock",
    "Change the lines that `lines` names and order with a new Idempotency-Key.",
)
IMPOSSIBLE_STEP = _type(
    "impossible-step", 409, "The order's state does not allow this", "Read the order again."
)
LINE_NOT_CANCELLABLE = _type(
    "line-not-cancellable",
    409,
    "A line cannot be cancelled as asked",
    "Read the order's `lines` and ask for units that are neither cancelled nor shipped.",
)
SHIPMENT_TOO_LATE = _type(
    "shipment-too-late",
    409,
    "The courier has the parcel already",
    "Wait for delivery, or refuse the parcel at the door.",
)
PAYMENT_REJECTED = _type(
    "payment-rejected",
    409,
    "The payment provider refuses this order",
    "Order again with a new Idempotency-Key, or choose another payment method.",
)
COMMAND_REFUSED = _type(
    "command-refused", 409, "The order refuses this", "Read the order and the `detail`."
)
SEQUENCE_NOT_REACHED = _type(
    "sequence-not-reached",
    409,
    "The order has not come this far",
    "Pass only a `sequence` and `epoch` that this API has answered.",
)
BODY_TOO_LARGE = _type("body-too-large", 413, "The body is too large", "Send at most 1 MiB.")
INVALID_REQUEST = _type(
    "invalid-request", 422, "Some fields are missing or wrong", "Correct what `errors` names."
)
INVALID_CART = _type(
    "invalid-cart", 422, "The cart cannot be ordered as it is", "Correct what `errors` names."
)
COUPON_REFUSED = _type(
    "coupon-refused",
    422,
    "The coupon cannot be used",
    "Leave the coupon out or choose another; a checkout that answered this needs a new key.",
)
PAYMENT_SIGNATURE_INVALID = _type(
    "payment-signature-invalid",
    422,
    "The hand-over's signature is wrong",
    "Pass on exactly what the payment sheet returned for this order.",
)
IDEMPOTENCY_KEY_REUSED = _type(
    "idempotency-key-reused",
    422,
    "This key was used with another body",
    "Repeat the first body, or send a new key for a new order.",
)
INTERNAL_ERROR = _type(
    "internal-error", 500, "Something broke on our side", "Repeat with the same key; it is safe."
)
ORDER_UNAVAILABLE = _type(
    "order-unavailable",
    503,
    "The order gave no answer in time",
    "Repeat the same request with the same key after `Retry-After` seconds.",
)
COURIER_UNAVAILABLE = _type(
    "courier-unavailable",
    503,
    "The courier cannot be asked right now",
    "Repeat after `Retry-After` seconds, or choose prepaid.",
)
NOT_READY = _type(
    "not-ready",
    503,
    "Some backing service does not answer",
    "Start what `missing` names; nothing is lost meanwhile.",
)
SERVICE_UNAVAILABLE = _type(
    "service-unavailable",
    503,
    "A service behind us gave no answer",
    "Repeat the same request with the same key after `Retry-After` seconds.",
)

PROBLEM_TYPES: Final[dict[str, ProblemType]] = {
    each.slug: each for each in list(globals().values()) if isinstance(each, ProblemType)
}
"""All types by slug, in the order of their status codes."""


def type_for(class_name: str, default: ProblemType) -> ProblemType:
    """Return the problem type of an error class, by its name on the wire."""
    return PROBLEM_TYPES.get(slug_of(class_name), default)
