"""Every few minutes: ask the providers for news that is overdue, and tell the orders."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.delivery import DeliveryActivities, TrackShipmentInput
    from activities.overdue_news import (
        NOTHING_TOLD,
        Answer,
        EnlistInput,
        LookUpRefundsInput,
        OverdueNewsActivities,
        OverduePageInput,
        Question,
        RazorpayNewsActivities,
        TellDisputesInput,
        TellOrdersInput,
        Told,
    )
    from activities.payments import LookUpPaymentsInput, PaymentActivities
    from domain.overdue import Concern, OverdueTerms
    from workflows import policies

PAGE = 50
PAGES_PER_RUN = 10
"""About 200 history events a page at the most."""
DISPUTES_EVERY = 12
"""Rounds between two looks at the disputes: an hour, at one round in five minutes."""

_In = TypeVar("_In")
_Out = TypeVar("_Out")


@dataclass(frozen=True, kw_only=True, slots=True)
class OverdueRound:
    """What a round begins with, and carries from run to run when it is long."""

    terms: OverdueTerms
    every_s: float
    page: int = PAGE
    pages_per_run: int = PAGES_PER_RUN
    began_at: datetime | None = None
    asked: int = 0
    unanswered: int = 0
    told: Told = NOTHING_TOLD


@workflow.defn(name="OverdueNews")
class OverdueNewsWorkflow:
    """One round over the watch. Safe to repeat; one order that fails stops no other."""

    @workflow.run
    async def run(self, start: OverdueRound) -> OverdueRound:
        """Ask about everything that was due when the round began."""
        progress = start
        if start.began_at is None:
            progress = replace(start, began_at=workflow.now())
            await self._enlist(start)
            if _hour_turns(workflow.now(), start.every_s):
                progress = replace(progress, told=progress.told + await _tell_disputes())
        for _ in range(progress.pages_per_run):
            questions = await self._page(progress)
            progress = await _answered(progress, questions) if questions else progress
            if len(questions) < progress.page:
                break
        else:
            workflow.continue_as_new(progress)
        return progress

    async def _enlist(self, start: OverdueRound) -> None:
        horizon = timedelta(seconds=start.terms.payable_s) + policies.WATCH_BEGINS_WITHIN
        request = EnlistInput(oldest=workflow.now() - horizon, now=workflow.now())
        await _own(OverdueNewsActivities.enlist_orders, request, "watch new orders")

    async def _page(self, progress: OverdueRound) -> tuple[Question, ...]:
        page = await _own(
            OverdueNewsActivities.overdue_page,
            OverduePageInput(
                before=progress.began_at or workflow.now(),
                now=workflow.now(),
                limit=progress.page,
                terms=progress.terms,
            ),
            "whose news is overdue",
        )
        return page.questions


async def _answered(progress: OverdueRound, questions: tuple[Question, ...]) -> OverdueRound:
    answers = await asyncio.gather(*(ask(question) for question in questions))
    request = TellOrdersInput(answers=tuple(answers), now=workflow.now(), terms=progress.terms)
    told = await _own(OverdueNewsActivities.tell_orders, request, "tell the orders")
    asked = sum(bool(question.concerns) for question in questions)
    silent = sum(
        len(answer.answered) < len(question.concerns)
        for question, answer in zip(questions, answers, strict=True)
    )
    return replace(
        progress,
        asked=progress.asked + asked,
        unanswered=progress.unanswered + silent,
        told=progress.told + told,
    )


async def ask(question: Question) -> Answer:
    """Ask the providers about one order; a concern without a whole answer is left unanswered."""
    answer, answered = Answer(watched=question.watched), []
    for concern in question.concerns:
        try:
            answer = await _ASKING[concern](question, answer)
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            order_id = question.watched.order_id
            workflow.logger.warning(
                "no_answer", extra={"order_id": order_id, "concern": concern.value}
            )
        else:
            answered.append(concern)
    return replace(answer, answered=tuple(answered))


async def _ask_payments(question: Question, answer: Answer) -> Answer:
    found = await _question(
        PaymentActivities.look_up_payments,
        LookUpPaymentsInput(razorpay_order_id=question.razorpay_order_id or ""),
        policies.PAYMENTS_QUEUE,
        f"payments of {question.watched.order_id}",
    )
    return replace(answer, payments=found.payments)


async def _ask_refunds(question: Question, answer: Answer) -> Answer:
    for payment_id in question.refunded_payments:
        found = await _question(
            RazorpayNewsActivities.look_up_refunds,
            LookUpRefundsInput(payment_id=payment_id),
            policies.PAYMENTS_QUEUE,
            f"refunds of {payment_id}",
        )
        answer = replace(answer, refunds=(*answer.refunds, *found.refunds))
    return answer


async def _ask_courier(question: Question, answer: Answer) -> Answer:
    for parcel in question.parcels:
        found = await _question(
            DeliveryActivities.track_shipment,
            TrackShipmentInput(shipment=parcel.shipment, awb=parcel.awb),
            policies.DELIVERY_QUEUE,
            f"parcel {parcel.awb}",
        )
        if found.update is not None:
            answer = replace(answer, updates=(*answer.updates, found.update))
    return answer


_ASKING: dict[Concern, Callable[[Question, Answer], Awaitable[Answer]]] = {
    Concern.PAYMENTS: _ask_payments,
    Concern.REFUNDS: _ask_refunds,
    Concern.PARCELS: _ask_courier,
}


async def _tell_disputes() -> Told:
    try:
        return await _question(
            RazorpayNewsActivities.tell_disputes,
            TellDisputesInput(now=workflow.now()),
            policies.PAYMENTS_QUEUE,
            "disputes",
        )
    except ActivityError as error:
        if is_cancelled_exception(error):
            raise
        return Told(failed=1)


def _hour_turns(now: datetime, every_s: float) -> bool:
    """Tell whether this round is the first of its hour (of twelve rounds)."""
    hour, moment = every_s * DISPUTES_EVERY, now.timestamp()
    return moment // hour != (moment - every_s) // hour


async def _question(
    method: Callable[[Any, _In], Awaitable[_Out]], request: _In, queue: str, summary: str
) -> _Out:
    """Ask a provider a few times: the next round asks again anyway."""
    return await workflow.execute_activity_method(
        method,
        request,
        task_queue=queue,
        start_to_close_timeout=policies.ONE_CALL,
        schedule_to_close_timeout=policies.QUESTION,
        retry_policy=policies.A_FEW_TIMES,
        summary=summary,
    )


async def _own(method: Callable[[Any, _In], Awaitable[_Out]], request: _In, summary: str) -> _Out:
    """Run an activity of the `schedules` queue until it is done."""
    return await workflow.execute_activity_method(
        method,
        request,
        start_to_close_timeout=policies.SWEEP,
        retry_policy=policies.UNTIL_DONE,
        summary=summary,
    )
