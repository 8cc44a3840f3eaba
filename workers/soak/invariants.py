"""What must be true of every order in the end, whatever befell it."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from api.schemas.orders import order_of
from domain.events import EventType, OrderEvent
from domain.facts import same_fact
from domain.view import OrderView, fold
from domain.wire import read_envelope
from workers.soak.evidence import Case
from workers.soak.stack_client import Json

ENDS = frozenset({"completed", "cancelled", "expired", "returned_to_origin", "delivery_failed"})
"""Where an order may rest; `delivery_failed` is a parcel that was lost."""
ENDED_PARCELS = frozenset({"delivered", "rto_delivered", "lost", "cancelled"})
GONE_FOR_GOOD = frozenset({"delivered", "lost"})
OPEN_REFUND = "initiated"
"""A refund that failed is retried as a new one; while it is not, too much is kept."""
CAME = ("captured", "cod_collected")
UNDONE = frozenset({"cancelled", "expired"})


def at_rest(view: Json) -> bool:
    """Tell whether nothing more is to happen to an order, as its customer sees it."""
    return (
        view.get("status") in ENDS
        and view["payment_status"] != "authorized"
        and all(parcel["state"] in ENDED_PARCELS for parcel in view["shipments"])
        and not any(refund["status"] == OPEN_REFUND for refund in view["refunds"])
        and kept_paise(view) == owed_paise(view)
    )


def worth_paise(view: Json) -> int:
    """Return what the goods are worth that the customer keeps: the invoices of what arrived."""
    arrived = {p["number"] for p in view["shipments"] if p["state"] == "delivered"}
    return _documents(view, lambda document: document["shipment"] in arrived)


def invoiced_paise(view: Json) -> int:
    """Return all invoices less all credit notes."""
    return _documents(view, lambda _: True)


def owed_paise(view: Json) -> int:
    """Return what may be kept: what the goods are worth, less where a dispute has taken it."""
    return min(worth_paise(view), _entries(view, *CAME) - _entries(view, "dispute_lost"))


def kept_paise(view: Json) -> int:
    """Return what the customer has paid and not got back, as the view knows it."""
    back: int = sum(
        r["amount_paise"] for r in view["refunds"] if r["status"] in ("processed", "manual")
    )
    return _entries(view, *CAME) - _entries(view, "dispute_lost") - back


def money_of(case: Case) -> Counter[str]:
    """Return an order's sums; those of Razorpay as the sandbox has them."""
    return Counter(
        captured=sum(p["amount"] for p in case.payments if p["captured"]),
        refunded=sum(r["amount"] for r in case.refunds if r["status"] != "failed"),
        lost_in_disputes=_lost(case),
        cash_collected=_entries(case.view, "cod_collected"),
        invoiced=invoiced_paise(case.view),
        kept_by_the_shop=kept_paise(case.view),
    )


def _documents(view: Json, wanted: Callable[[Json], bool]) -> int:
    return sum(
        each["amount_paise"] if each["kind"] == "invoice" else -each["amount_paise"]
        for each in view["documents"]
        if wanted(each)
    )


def _entries(view: Json, *kinds: str) -> int:
    return sum(entry["amount_paise"] for entry in view["payments"] if entry["kind"] in kinds)


def _lost(case: Case) -> int:
    return sum(each["amount"] for each in case.disputes if each["status"] == "lost")


def units_gone(view: Json) -> Counter[str]:
    """Return the units per SKU that have left the shelves for good."""
    gone: Counter[str] = Counter()
    for parcel in view.get("shipments", []):
        if parcel["state"] in GONE_FOR_GOOD:
            gone.update({line["sku"]: line["quantity"] for line in parcel["lines"]})
    return gone


def findings_of(case: Case) -> list[str]:
    """Return what is wrong with one order; nothing, if all is well."""
    order_id = case.lived.order_id
    if "status" not in case.view or "order_id" not in case.view:
        return [f"{order_id}: cannot be read: {case.view}"]
    found = [*case.lived.complaints]
    for check in CHECKS:
        found += check(case)
    return [f"{order_id} ({case.lived.plan.paying}, {case.lived.plan.journey}): {f}" for f in found]


def _rests(case: Case) -> Iterator[str]:
    if not at_rest(case.view):
        parcels = [parcel["state"] for parcel in case.view["shipments"]]
        refunds = [refund["status"] for refund in case.view["refunds"]]
        where = f"{case.view['status']}, {case.view['payment_status']}, {parcels}, {refunds}"
        yield f"is not at rest: {where}"


def log_problems(own: Sequence[OrderEvent], log: Sequence[Json]) -> Iterator[str]:
    """Yield how a log as ops read it differs from the workflow's own events; moments may.

    News of sent mails waits for the next news worth publishing, so the log may lack the last ones.
    """
    sequences = [event["sequence"] for event in log]
    if sequences != list(range(1, len(sequences) + 1)) or not sequences:
        yield f"the log is {sequences}"
    if any(event.type is not EventType.NOTIFICATION_SENT for event in own[len(log) :]):
        yield f"the workflow has {len(own)} events, the log {len(log)}"
    for mine, stored in zip(own, map(read_envelope, log), strict=False):
        if not same_fact(mine, stored):
            yield f"event {mine.sequence} is {mine.type}; the log holds another {stored.type}"


def view_problems(own: Sequence[OrderEvent], log: Sequence[Json], shown: Json) -> Iterator[str]:
    """Yield how a view differs from what its log, and then the workflow's own tail, fold to."""
    view: OrderView | None = None
    for event in [*map(read_envelope, log), *own[len(log) :]]:
        if event.sequence <= shown["sequence"]:
            view = fold(view, event)
    folded = order_of(view).model_dump(mode="json") if view else {}
    if names := sorted(name for name in shown if shown[name] != folded.get(name)):
        yield f"the view differs from its log in {names}"


def _log_is_whole(case: Case) -> Iterator[str]:
    return log_problems(case.own, case.log)


def _view_is_the_fold(case: Case) -> Iterator[str]:
    return view_problems(case.own, case.log, case.view)


def _money_is_right(case: Case) -> Iterator[str]:
    """Yield where captured - refunded is not what the customer keeps; disputes take theirs."""
    worth, sums = worth_paise(case.view), money_of(case)
    if case.lived.plan.prepaid:
        left = sums["captured"] - sums["lost_in_disputes"]
        if left - sums["refunded"] != min(worth, left):
            yield f"Razorpay holds {dict(sums)} for goods worth {worth}"
        if sums["refunded"] > sums["captured"]:
            yield f"more went back than came: {dict(sums)}"
    if kept_paise(case.view) != owed_paise(case.view):
        yield f"{kept_paise(case.view)} paise are kept, {owed_paise(case.view)} may be"
    if case.lived.plan.dispute is not None and not case.disputes:
        yield "its dispute is not at Razorpay"


def _documents_say_the_same(case: Case) -> Iterator[str]:
    """Yield where invoices less credit notes are not the worth of what arrived."""
    if (said := invoiced_paise(case.view)) != (worth := worth_paise(case.view)):
        yield f"invoices less credit notes are {said}, what arrived is worth {worth}"


def _razorpay_was_asked_once(case: Case) -> Iterator[str]:
    wanted = 1 if case.lived.plan.prepaid else 0
    if len(case.razorpay_orders) != wanted:
        yield f"Razorpay has {len(case.razorpay_orders)} orders instead of {wanted}"
    receipts = Counter(refund["receipt"] for refund in case.refunds)
    if any(count > 1 for count in receipts.values()):
        yield f"refunds were made twice: {receipts}"
    known = sorted(r["razorpay_refund_id"] or "" for r in case.view["refunds"])
    if known != sorted(refund["id"] for refund in case.refunds):
        yield f"the order knows the refunds {known}, Razorpay {[r['id'] for r in case.refunds]}"


def _stock_is_conserved(case: Case) -> Iterator[str]:
    gone = units_gone(case.view)
    on_hand: Counter[str] = Counter()
    held: Counter[str] = Counter()
    for movement in case.movements:
        on_hand[movement["sku"]] -= movement["on_hand"]
        held[movement["sku"]] += movement["held"]
    if {sku: n for sku, n in on_hand.items() if n} != dict(gone):
        yield f"{dict(on_hand)} left the shelves, {dict(gone)} should have"
    if any(held.values()):
        yield f"units are still held: {dict(held)}"


def _coupon_is_counted(case: Case) -> Iterator[str]:
    if case.lived.plan.coupon is None:
        return
    taken = case.redemption is not None and not case.redemption["restored"]
    if taken is (case.view["status"] in UNDONE):
        yield f"the coupon is {'' if taken else 'not '}redeemed; the order is {case.view['status']}"


def _courier_was_asked_once(case: Case) -> Iterator[str]:
    booked = Counter(parcel["seller_order_id"] for parcel in case.parcels)
    if any(count > 1 for count in booked.values()):
        yield f"parcels were booked twice: {booked}"
    ours = {parcel["awb"] for parcel in case.view["shipments"]}
    theirs = {parcel["awb"] for parcel in case.parcels if parcel["awb"]}
    if ours != theirs:
        yield f"the order knows the parcels {sorted(ours)}, the courier {sorted(theirs)}"


def repeated_mails(case: Case) -> int:
    """Return how many mails came again under a Message-ID that had come before."""
    return len(case.mails) - len({mail["message_id"] for mail in case.mails})


def _mails_are_told(case: Case) -> Iterator[str]:
    came = len({mail["message_id"] for mail in case.mails})
    told = sum(event.type is EventType.NOTIFICATION_SENT for event in case.own)
    if told != came:
        yield f"the order tells of {told} mails, the mailbox has {came}"


CHECKS: tuple[Callable[[Case], Iterator[str]], ...] = (
    _rests,
    _log_is_whole,
    _view_is_the_fold,
    _money_is_right,
    _documents_say_the_same,
    _razorpay_was_asked_once,
    _stock_is_conserved,
    _coupon_is_counted,
    _courier_was_asked_once,
    _mails_are_told,
)
