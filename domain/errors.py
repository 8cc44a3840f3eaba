"""Refusals and failures by meaning.

```
OrderError                      a business refusal: will not work when tried again unchanged
├── OutOfStock                  names the lines
├── CouponRefused               unknown, expired or used up
├── InvalidCart                 names each field and its remedy
├── ImpossibleStep              the order's state does not allow it
├── LineNotCancellable          a line of a cancellation; names its field
├── PaymentSignatureInvalid     the browser's hand-over is not Razorpay's
├── PaymentRejected             Razorpay refuses the request itself
├── RefundRejected              Razorpay refuses this refund for good
├── BookingRefused              no courier takes the parcel
├── ShipmentTooLate             the courier can no longer cancel
├── MailRefused                 the relay refuses this address for good
├── DocumentRefused             an invoice or credit note that may not be written
├── InvalidToken                the caller is not known
├── OrderNotFound               no such order, or somebody else's
├── LogDiverged                 a lost task has published another story under the same ids
└── CommandRefused              the order's workflow refuses a command
ServiceUnavailable              may work later: retried
├── OrderUnavailable            the order's workflow gave no answer in time
├── PaymentGatewayUnavailable
├── CourierUnavailable
├── PublishIncomplete           some events were not accepted; the rest were
├── StoreUnavailable
└── MailUnavailable
```

The class name is the wire name: Temporal's error type and the problem's slug derive from it.
"""

from collections.abc import Sequence
from dataclasses import dataclass


class OrderError(Exception):
    """A business refusal; `str()` is a sentence for the person who caused it."""


class ServiceUnavailable(Exception):
    """A service did not do its part this time; the same call may work later."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldError:
    """One wrong field of a request: its path (`items[0].quantity`), what is wrong, what to do."""

    field: str
    message: str
    remedy: str = ""


class InvalidCart(OrderError):
    """The cart cannot be priced; carries every wrong field at once."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        """Keep all field errors; the text joins them."""
        super().__init__("; ".join(f"{error.field}: {error.message}" for error in errors))
        self.errors = tuple(errors)


class OutOfStock(OrderError):
    """Some lines cannot be held in full; nothing is held."""

    def __init__(self, skus: Sequence[str]) -> None:
        """Name the SKUs that are short."""
        super().__init__(f"out of stock: {', '.join(skus)}")
        self.skus = tuple(skus)


class CouponRefused(OrderError):
    """The coupon is unknown, expired or used up."""


class ImpossibleStep(OrderError):
    """The order's present state does not allow this step."""


class LineNotCancellable(OrderError):
    """A line cannot be cancelled as asked; `str()` is `field: reason`."""


class PaymentSignatureInvalid(OrderError):
    """The hand-over's signature does not fit this order's payment."""


class PaymentRejected(OrderError):
    """Razorpay refuses the request itself: a fault of ours or of the account, not of the moment."""


class RefundRejected(OrderError):
    """Razorpay refuses this refund for good; a person must pay it another way."""


class BookingRefused(OrderError):
    """No serviceable courier takes the parcel."""


class ShipmentTooLate(OrderError):
    """The parcel is with the courier and can no longer be cancelled."""


class MailRefused(OrderError):
    """The mail relay refuses this address for good."""


class DocumentRefused(OrderError):
    """An invoice or credit note that may not be written."""


class InvalidToken(OrderError):
    """The bearer token is missing, expired, foreign or malformed; `str()` says which."""


class OrderNotFound(OrderError):
    """There is no such order, as far as the caller may know."""


class LogDiverged(OrderError):
    """Other facts were about to be published under these ids: only a new epoch can be told."""


class CommandRefused(OrderError):
    """The order refuses a command; `type` is the refusal's class name, `str()` the reason."""

    def __init__(self, kind: str, message: str) -> None:
        """Keep the kind of refusal (its class name) beside its reason."""
        super().__init__(message)
        self.type = kind


class OrderUnavailable(ServiceUnavailable):
    """The order's workflow gave no answer in time; the same key re-attaches."""


class PaymentGatewayUnavailable(ServiceUnavailable):
    """Razorpay gave no usable answer."""


class CourierUnavailable(ServiceUnavailable):
    """The courier gave no usable answer."""


class StoreUnavailable(ServiceUnavailable):
    """A database or object store gave no usable answer."""


class MailUnavailable(ServiceUnavailable):
    """The mail relay gave no usable answer."""


class PublishIncomplete(ServiceUnavailable):
    """Some events of a batch were not accepted; repeating the whole batch is safe."""


REFUSALS: frozenset[str] = frozenset(cls.__name__ for cls in OrderError.__subclasses__())
"""The class names that mean a business refusal, wherever an error has travelled as text."""
