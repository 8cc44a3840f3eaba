"""Orders in pairs that differ only in the way their webhooks take, and what is compared of them."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any, Final

from workers.soak.lives import Lived
from workers.soak.plans import Journey, Paying, Plan, plan_orders
from workers.soak.stack_client import Json

ORDER_IDS: Final = re.compile(rb"ord_[a-z2-7]{20}|order_[A-Za-z0-9]{14}")
DETERMINED: Final = {
    Paying.WALKS_AWAY: Paying.CLOSES_BROWSER,
    Paying.PAYS_LATE: Paying.FAILS_FIRST,
}
"""Both depend on the moment in which the window closes."""
NOTHING_OF_THE_MOMENT: Final[Mapping[str, Any]] = {
    "coupon": None,
    "cancels_after_s": None,
    "cancels_units": (),
    "dispute": None,
    "repeats_checkout": False,
}
"""What else a customer of a soak may do at a moment of their own, or may be too late for."""
MOVED_MONEY: Final = ("captured", "cod_collected", "cod_remitted")


class Way(StrEnum):
    """Which way an order's webhooks take."""

    FUNCTIONS = "functions"
    SERVER = "server"


@dataclass(frozen=True, kw_only=True, slots=True)
class Twins:
    """The same order twice, and what the courier does with the parcels of both."""

    functions: Lived
    server: Lived
    journey: Journey


def plan_twins(count: int, seed: int, run: str) -> list[Twins]:
    """Return pairs of orders. Nothing in them depends on a moment, so twins must end alike."""
    return [
        Twins(
            functions=Lived(plan=_twin(plan, Way.FUNCTIONS)),
            server=Lived(plan=_twin(plan, Way.SERVER)),
            journey=plan.journey,
        )
        for plan in plan_orders(count, seed, run)
    ]


def _twin(plan: Plan, way: Way) -> Plan:
    names = {field.name for field in fields(plan)}
    calm = {name: value for name, value in NOTHING_OF_THE_MOMENT.items() if name in names}
    return replace(
        plan,
        customer=f"{plan.customer}_{way.value[0]}",
        key=f"{plan.key}-{way.value[0]}",
        paying=DETERMINED.get(plan.paying, plan.paying),
        journey=Journey.HAPPY,  # the dispatcher sends parcels on their way, not the customer
        **calm,
    )


class Directory:
    """Knows by any order id in a webhook which way it takes."""

    def __init__(self, twins: Sequence[Twins]) -> None:
        """Look at these orders; their ids become known when they are placed."""
        self._twins = twins
        self._ways: dict[bytes, Way] = {}

    def way_of(self, body: bytes) -> Way:
        """Return the way; what belongs to no order goes to the server."""
        found = ORDER_IDS.findall(body)
        if not any(each in self._ways for each in found):
            self._learn()
        return next((self._ways[each] for each in found if each in self._ways), Way.SERVER)

    def _learn(self) -> None:
        for twins in self._twins:
            for way, lived in ((Way.FUNCTIONS, twins.functions), (Way.SERVER, twins.server)):
                payment = lived.checkout.get("payment") or {}
                for each in (lived.order_id, payment.get("razorpay_order_id")):
                    if each:
                        self._ways[each.encode()] = way


def ledger_of(view: Json) -> Json:
    """Return what an order's ledgers say, without ids and moments."""
    return {
        "status": view["status"],
        "payment_status": view["payment_status"],
        "total_paise": view["total_paise"],
        "payments": _sorted(
            (each["kind"], each["amount_paise"])
            for each in view["payments"]
            if each["kind"] in MOVED_MONEY
        ),
        "refunds": _sorted((each["amount_paise"], each["status"]) for each in view["refunds"]),
        "shipments": _sorted(
            (each["number"], each["state"], _units(each["lines"])) for each in view["shipments"]
        ),
        # What they add up to: a parcel that ends before its invoice was due needs no credit note.
        "documents": sum(
            each["amount_paise"] * (1 if each["kind"] == "invoice" else -1)
            for each in view["documents"]
        ),
    }


def differences(
    pairs: Sequence[Twins], views: Mapping[str, Json], ledger: Callable[[Json], Json] = ledger_of
) -> list[str]:
    """Return how twins differ; nothing, if every ledger is identical to its twin's."""
    found = []
    for twins in pairs:
        ids = twins.functions.order_id, twins.server.order_id
        if not all(ids):
            refused = twins.functions.refused, twins.server.refused
            if refused[0] != refused[1]:
                found.append(f"{twins.functions.plan.key}: refused as {refused}")
            continue
        ours, theirs = (ledger(views[each]) for each in ids)
        found += [
            f"{ids[0]} and {ids[1]}: {name} is {ours[name]} by functions, {theirs[name]} by server"
            for name in ours
            if ours[name] != theirs[name]
        ]
    return found


def _units(lines: Sequence[Json]) -> list[Any]:
    return _sorted((each["sku"], each["quantity"]) for each in lines)


def _sorted(rows: Any) -> list[Any]:
    return sorted(([*row] for row in rows), key=repr)
