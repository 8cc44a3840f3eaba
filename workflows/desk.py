"""What every step of an order shares: state, outbox, console, and calls for a person."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.notifications import NotificationActivities
    from domain.attention import Attention, AttentionAction
    from domain.events import EventType, OrderEvent
    from domain.messages import ResolveAttention
    from domain.notifications import NotificationRequest, notification_for
    from domain.order import OrderState
    from domain.snapshot import Cancellation, Notification
    from workflows import policies
    from workflows.calls import local_first
    from workflows.console import Console
    from workflows.outbox import Outbox

_Out = TypeVar("_Out")

NOTIFICATION = "notification"
_TOLD = (AttentionAction.SKIP,)


def never() -> bool:
    """Say that nothing makes a question void."""
    return False


class Desk:
    """One order's working surface; steps read and change the state only through it."""

    def __init__(self, state: OrderState) -> None:
        """Work on this state."""
        self.state = state
        self.console = Console(state)
        self.outbox = Outbox(state, self._notify)
        self._aside: set[asyncio.Task[object]] = set()
        self._defects: list[BaseException] = []
        self._asking: set[str] = set()
        self._told_ops = {asked.reason for asked in state.attention.values()}

    async def wait(
        self, until_true: Callable[[], bool], what: str, deadline: datetime | None = None
    ) -> bool:
        """Wait for a condition, at most until the deadline; False when the deadline came first."""
        if until_true():
            return True
        self.console.waiting(what, deadline)
        timeout = None if deadline is None else deadline - workflow.now()
        if timeout is not None and timeout <= timedelta(0):
            return False
        try:
            await workflow.wait_condition(until_true, timeout=timeout, timeout_summary=what)
        except TimeoutError:
            return False
        return True

    def cancel(self, reason: str, by: str) -> None:
        """Ask every step to stop and undo; the first asker's reason stays."""
        if self.state.cancellation is None:
            self.state.cancellation = Cancellation(reason=reason, by=by, at=workflow.now())

    async def insist(
        self,
        step: str,
        call: Callable[[], Awaitable[_Out]],
        actions: tuple[AttentionAction, ...] = (AttentionAction.RETRY, AttentionAction.SKIP),
        void: Callable[[], bool] = never,
    ) -> _Out | None:
        """Make a call until it works; a refusal goes to a person. None when they gave it up.

        A step that is refused never fails the workflow: it waits, with a reason and an action.
        Once `void`, nobody needs the step any more, and it is given up without an answer.
        """
        while True:
            try:
                return await call()
            except ApplicationError as refusal:
                remedy = "Correct what is refused and retry"
                answer = await self.ask_ops(step, refusal.message, remedy, actions, void=void)
            if answer.action is AttentionAction.CANCEL:
                self.cancel(answer.note or answer.reason, "ops")
            if answer.action is not AttentionAction.RETRY:
                return None

    async def ask_ops(
        self,
        step: str,
        reason: str,
        suggestion: str,
        actions: tuple[AttentionAction, ...],
        respond_by: datetime | None = None,
        void: Callable[[], bool] = never,
    ) -> Attention:
        """Raise an attention, remind each day, and return it once it is answered.

        A cancellation of the order answers it too, where cancelling is one of the actions, and so
        do `settle` and whatever makes it `void`. `respond_by` is a deadline that others have set.
        """
        raised = self._raise(step, reason, suggestion, actions, respond_by)
        return await self._await_answer(raised, void)

    def _raise(
        self,
        step: str,
        reason: str,
        suggestion: str,
        actions: tuple[AttentionAction, ...],
        respond_by: datetime | None,
    ) -> Attention:
        attention_id = f"a{len(self.state.attention) + 1}"
        raised = Attention(
            attention_id=attention_id,
            step=step,
            reason=reason,
            suggestion=suggestion,
            actions=actions,
            raised_at=workflow.now(),
            respond_by=respond_by,
        )
        self.state.attention[attention_id] = raised
        self._asking.add(attention_id)
        self.outbox.emit(EventType.ORDER_ATTENTION_RAISED, attention=raised)
        return raised

    async def _await_answer(self, raised: Attention, void: Callable[[], bool] = never) -> Attention:
        attention_id = raised.attention_id
        while not await self.wait(
            lambda: self._answered(attention_id) or void(),
            f"ops to resolve {attention_id} ({raised.step})",
            workflow.now() + policies.ATTENTION_REMINDER,
        ):
            self.outbox.emit(EventType.ORDER_ATTENTION_RAISED, attention=raised)
        if not self._answered(attention_id):
            self._close(attention_id, None, "not needed any more")
        if self.state.attention[attention_id].resolved_at is None:
            self._close(attention_id, AttentionAction.CANCEL, "the order was cancelled")
        return self.state.attention[attention_id]

    def tell_ops(
        self, step: str, reason: str, suggestion: str, respond_by: datetime | None = None
    ) -> None:
        """Raise what nothing here waits for; the order stays open until a person has seen it.

        It is raised at once: what settles it may come with the next message of the same task.
        """
        if reason not in self._told_ops:
            self._told_ops.add(reason)
            raised = self._raise(step, reason, suggestion, _TOLD, respond_by)
            self.aside(self._await_answer(raised))

    def settle(self, step: str, about: str, note: str) -> None:
        """Close the open questions of a step about something: it has settled itself."""
        for asked in self.state.open_attention:
            if asked.step == step and about in asked.reason:
                self._close(asked.attention_id, None, note)

    def retire_attention(self) -> None:
        """Close what an earlier run was asking, for the steps of this run ask again.

        What no step waits for stays open: nobody would ask it again.
        """
        earlier = (a for a in self.state.open_attention if a.attention_id not in self._asking)
        for asked in earlier:
            if asked.actions == _TOLD:
                self.aside(self._await_answer(asked))
            else:
                self._close(
                    asked.attention_id, AttentionAction.RETRY, "the order was taken up again"
                )

    def _answered(self, attention_id: str) -> bool:
        attention = self.state.attention[attention_id]
        called_off = self.state.cancellation and AttentionAction.CANCEL in attention.actions
        return attention.resolved_at is not None or bool(called_off)

    def resolve(self, answer: ResolveAttention) -> None:
        """Record a person's answer; the step that waits for it goes on."""
        self._close(answer.attention_id, answer.action, answer.note)

    def _close(self, attention_id: str, action: AttentionAction | None, note: str) -> None:
        resolved = replace(
            self.state.attention[attention_id],
            action=action,
            note=note,
            resolved_at=workflow.now(),
        )
        self.state.attention[attention_id] = resolved
        self.outbox.emit(EventType.ORDER_ATTENTION_RESOLVED, attention=resolved)

    def aside(self, work: Coroutine[Any, Any, object]) -> None:
        """Let something run beside the story, which does not wait for it; the end does."""
        task = asyncio.create_task(work)
        self._aside.add(task)
        task.add_done_callback(self._end_aside)

    def _end_aside(self, task: asyncio.Task[object]) -> None:
        self._aside.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self._defects.append(error)

    async def watch_aside(self) -> None:
        """Raise the first defect of what runs beside the story."""
        await workflow.wait_condition(lambda: bool(self._defects))
        raise self._defects[0]

    async def finish_aside(self) -> None:
        """Wait until no message is on its way and nothing that was raised aside is open."""
        await workflow.wait_condition(lambda: not self._aside)

    def _notify(self, event: OrderEvent) -> None:
        request = notification_for(self.state, event)
        if request is not None:
            self.aside(self._send(request))

    async def _send(self, request: NotificationRequest) -> None:
        """Send a message. An address that is refused for good is raised to a person once."""
        if any(
            asked.step == NOTIFICATION and asked.action is not AttentionAction.RETRY
            for asked in self.state.attention.values()
        ):
            return
        sent = await self.insist(
            NOTIFICATION,
            lambda: local_first(
                NotificationActivities.send_notification,
                request,
                summary=f"mail: {request.template}",
                retry=policies.LOCAL_MAIL_RETRY,
                queue=policies.NOTIFICATIONS_QUEUE,
            ),
            (AttentionAction.RETRY, AttentionAction.SKIP),
        )
        if sent is None:
            return
        self.outbox.emit(
            EventType.NOTIFICATION_SENT,
            rides=True,
            notification=Notification(
                channel=sent.channel,
                template=request.template,
                occasion=request.occasion,
                sent_at=workflow.now(),
            ),
        )
