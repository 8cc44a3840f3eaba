"""A soak from its first order to its verdict."""

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from adapters.settings import Settings
from domain import ids
from workers.soak import crashes, misfortune, settling
from workers.soak.customer import Customer
from workers.soak.evidence import Case, Mailbox, Sources, gather_evidence
from workers.soak.invariants import findings_of, money_of, repeated_mails, units_gone
from workers.soak.lives import Lived
from workers.soak.plans import Plan, plan_orders
from workers.soak.quiet import Desk, Watch
from workers.soak.stack_client import Json

CHECKOUTS_AT_ONCE = 6
READ_MAIL_EVERY_S = 10.0
STILL_AFTER_S = 45.0
"""Beyond the payment window: longer than the orders need to hear of what webhooks did not tell."""
LAST_PATIENCE_S = 130.0
"""Longer than the longest pause between two tries of a step (two minutes)."""
MOST_REPEATED_MAILS = 0.01
"""Mail without an answer in time, or whose sender was killed, is sent again: same Message-ID."""
FEW_MAILS = 5
"""So many repeats say nothing yet: each crash may repeat a mail or two."""
TOO_MANY_FINDINGS = 200

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class SoakOptions:
    """How many orders, from which dice, on which stack.

    Attributes:
        data: the stack's data folder; its processes are found by it.
        crash_every_s: seconds between two processes that are killed; None kills none.
    """

    orders: int
    seed: int
    payment_window_s: float
    data: Path
    settings: Settings
    crash_every_s: float | None = None


@dataclass(kw_only=True)
class SoakResult:
    """What a soak has seen. It has passed when there are no findings."""

    options: SoakOptions
    began_at: datetime
    durations_s: dict[str, float] = field(default_factory=dict)
    planned: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    struck: Counter[str] = field(default_factory=Counter)
    killed: Counter[str] = field(default_factory=Counter)
    restless_under_faults: int = 0
    attentions: Counter[str] = field(default_factory=Counter)
    money: Counter[str] = field(default_factory=Counter)
    reconciliation: Json = field(default_factory=dict)
    mails: int = 0
    mails_repeated: int = 0
    units_gone: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)

    def as_json(self) -> Json:
        """Return the body of the result file."""
        return {
            "orders": self.options.orders,
            "seed": self.options.seed,
            "payment_window_s": self.options.payment_window_s,
            "began_at": self.began_at.isoformat(timespec="seconds"),
            "durations_s": {name: round(value, 1) for name, value in self.durations_s.items()},
            "faults": misfortune.described(),
            "faults_that_struck": dict(sorted(self.struck.items())),
            "planned": dict(sorted(self.planned.items())),
            "ended": dict(sorted(self.ended.items())),
            "checkouts_refused": dict(sorted(self.refused.items())),
            "answers": dict(sorted(self.answers.items())),
            "events": {"total": self.events.total(), **dict(sorted(self.events.items()))},
            "mails": {"total": self.mails, "repeated": self.mails_repeated},
            "units_gone": self.units_gone.total(),
            "processes_killed": dict(sorted(self.killed.items())),
            "restless_under_faults": self.restless_under_faults,
            "attentions_retried": dict(sorted(self.attentions.items())),
            "money_paise": dict(sorted(self.money.items())),
            "reconciliation": self.reconciliation,
            "findings": self.findings[:TOO_MANY_FINDINGS],
            "passed": not self.findings,
        }


async def soak(sources: Sources, options: SoakOptions, say: Say) -> SoakResult:
    """Place the orders of a seed under faults, wait until all is quiet, judge each order."""
    result = SoakResult(options=options, began_at=datetime.now(UTC))
    plans = plan_orders(options.orders, options.seed, uuid4().hex[:8])
    result.planned = _mixture(plans)
    mailbox, desk = Mailbox(), Desk(sources.stack)
    result.attentions = desk.answered
    async with (
        _beside(mailbox.keep_reading(sources.stack, READ_MAIL_EVERY_S)),
        _beside(desk.keep_answering()),
    ):
        with _measured(result, "orders_live"):
            lives = await _live(sources, plans, result)
        say(f"{sum(bool(lived.order_id) for lived in lives)} orders placed; waiting for quiet")
        with _measured(result, "until_quiet"):
            await _settle(sources, lives, result)
        say("all is quiet; looking at each order from all sides")
        with _measured(result, "judging"):
            cases = await gather_evidence(sources, lives, mailbox)
            await _judge(sources, lives, cases, result)
    say("paying out and reconciling the day")
    with _measured(result, "reconciling"):
        report = await settling.reconciled(sources.stack, options.settings)
    result.reconciliation = settling.described(report)
    result.findings += settling.findings_of(report)
    return result


async def _live(sources: Sources, plans: list[Plan], result: SoakResult) -> list[Lived]:
    lives = [Lived(plan=plan) for plan in plans]
    gate = asyncio.Semaphore(CHECKOUTS_AT_ONCE)
    await misfortune.begin(sources.stack, result.options.seed)
    async with (
        _beside(misfortune.keep_refusing_refunds(sources.stack)),
        _crashing(result.options, result.killed),
    ):
        await asyncio.gather(
            *(Customer(sources.stack, lived, gate, result.answers).live() for lived in lives)
        )
    return lives


async def _settle(sources: Sources, lives: list[Lived], result: SoakResult) -> None:
    """Wait until all rest, the faults still on; what does not rest then gets another chance."""
    watch = Watch(sources.stack, lives)
    restless = await watch.until_quiet(result.options.payment_window_s + STILL_AFTER_S)
    result.restless_under_faults = len(restless)
    await misfortune.end(sources.stack)
    await watch.until_quiet(LAST_PATIENCE_S)


async def _judge(
    sources: Sources, lives: list[Lived], cases: list[Case], result: SoakResult
) -> None:
    for case in cases:
        result.findings += findings_of(case)
        result.ended[f"{case.view.get('status')}, {case.view.get('payment_status')}"] += 1
        result.events.update(event["type"] for event in case.log)
        result.mails += len(case.mails)
        result.mails_repeated += repeated_mails(case)
        result.units_gone.update(units_gone(case.view))
        result.money.update(money_of(case))
    for lived in lives:
        if not lived.order_id:
            result.refused[lived.refused or "no answer"] += 1
            result.findings += [f"{lived.plan.key}: {each}" for each in lived.complaints]
            result.findings += await _left_behind(sources, lived)
    if result.mails_repeated > max(FEW_MAILS, MOST_REPEATED_MAILS * result.mails):
        result.findings.append(f"{result.mails_repeated} of {result.mails} mails came twice")
    result.findings += [f"{count} × {a}" for a, count in result.answers.items() if " 500" in a]
    result.struck = await _struck(sources)


async def _left_behind(sources: Sources, lived: Lived) -> list[str]:
    """Return what a refused checkout has not given back."""
    order_id = ids.order_id_for(lived.plan.customer, lived.plan.key)
    held: Counter[str] = Counter()
    for movement in await sources.shelves.movements(order_id):
        held[movement["sku"]] += movement["held"] - movement["on_hand"]
    return [f"{order_id} was refused and keeps {dict(held)}"] if any(held.values()) else []


async def _struck(sources: Sources) -> Counter[str]:
    """Count the faults that providers still remember, by provider and kind."""
    struck: Counter[str] = Counter()
    for name, ask in (("razorpay", sources.stack.razorpay), ("courier", sources.stack.courier)):
        for call in (await ask("GET", "requests"))["items"]:
            if call["fault"]:
                struck[f"{name} {call['fault']}"] += 1
    for event in (await sources.stack.razorpay("GET", "state"))["webhooks"]["events"]:
        if event["state"] == "lost":
            struck["razorpay webhook lost"] += 1
    return struck


def _mixture(plans: list[Plan]) -> Counter[str]:
    mixture: Counter[str] = Counter()
    for plan in plans:
        mixture.update([f"pays: {plan.paying}", f"parcel: {plan.journey}"])
        mixture["cancels"] += plan.cancels_after_s is not None and not plan.cancels_units
        mixture["cancels some units"] += bool(plan.cancels_units)
        mixture[f"dispute: {plan.dispute}"] += plan.dispute is not None
        mixture["with coupon"] += plan.coupon is not None
        mixture["several lines"] += len(plan.items) > 1
        mixture["repeats the checkout"] += plan.repeats_checkout
    return mixture


@contextlib.contextmanager
def _measured(result: SoakResult, phase: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    result.durations_s[phase] = time.monotonic() - began


@contextlib.asynccontextmanager
async def _beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Let something go on while the block runs."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@contextlib.asynccontextmanager
async def _crashing(options: SoakOptions, killed: Counter[str]) -> AsyncIterator[None]:
    if options.crash_every_s is None:
        yield
        return
    dice = random.Random(options.seed)  # noqa: S311 - a soak must be repeatable
    killing = crashes.keep_killing(options.data, options.crash_every_s, dice, killed)
    async with _beside(killing):
        yield
