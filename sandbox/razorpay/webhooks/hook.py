"""Webhooks: one stored event per fact, the same bytes and event id at each attempt.

A receiver has 5 real seconds for a 2xx. Failed attempts are repeated with growing gaps on the
sandbox clock; an event that found no taker for 24 hours disables the hook. When the clock jumps,
every attempt that fell due meanwhile is made, one after the other: a receiver that misses one of
them is not taken for one that was away for days.
"""

import asyncio
import json
import logging
from collections import defaultdict

import httpx

from sandbox.control import ControlPanel
from sandbox.razorpay.config import RazorpaySandboxConfig
from sandbox.razorpay.entities import Json, Payment
from sandbox.razorpay.identity import account_id, new_id, sign
from sandbox.razorpay.ledger import Ledger
from sandbox.razorpay.stored import News, WebhookEvent
from sandbox.razorpay.webhooks.payloads import event_body

ANSWER_LIMIT_S = 5.0
GIVE_UP_S = 24 * 3600
FIRST_GAP_S = 5.0
LONGEST_GAP_S = 4 * 3600.0
REORDER_HOLD_S = 5.0
"""How long a reordered event waits, on the clock, for a later one of its order to overtake it."""

AT_ONCE = 32

log = logging.getLogger(__name__)


class Hook:
    """The merchant's one webhook subscription."""

    def __init__(
        self, *, config: RazorpaySandboxConfig, ledger: Ledger, panel: ControlPanel
    ) -> None:
        self.url = config.webhook_url
        self.secret = config.webhook_secret
        self.previous_secret = config.webhook_secret_previous or f"not-{config.webhook_secret}"
        self._account_id = account_id(config.key_id)
        self._ledger = ledger
        self._panel = panel
        self._client: httpx.AsyncClient | None = None
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._running: set[asyncio.Task[None]] = set()
        self._last: dict[str, asyncio.Task[None]] = {}
        self._held: defaultdict[str, list[WebhookEvent]] = defaultdict(list)

    async def start(self) -> None:
        """Open the HTTP client and take up again what a former run left undelivered."""
        self._client = httpx.AsyncClient(timeout=None, trust_env=False)  # noqa: S113 - see _post
        for event in self._ledger.events.values():
            if event.state == "pending":
                self._plan(event, event.due_at or self._panel.clock.now())

    async def stop(self) -> None:
        """Cancel attempts under way (they count as never made) and close the client."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()

    def emit(self, name: str, *, at: float, **about: News) -> WebhookEvent:
        """Store an event about the given entities as they are now, and send it on its way."""
        fate = self._panel.switches.draw_webhook(name)
        body = event_body(name, account_id=self._account_id, at=at, about=about)
        event = WebhookEvent(
            id=new_id(""),
            name=name,
            subject=_subject(about),
            body=json.dumps(body, separators=(",", ":"), ensure_ascii=False),
            secret=self.secret,
            created_at=at,
            copies=fate.copies,
            held=fate.reordered,
            state=self._first_state(lost=fate.lost),
        )
        due_at = at + fate.delay_s + (REORDER_HOLD_S if fate.reordered else 0.0)
        event.due_at = due_at
        self._ledger.save(event)
        if event.state == "pending":
            if event.held:
                self._held[event.subject].append(event)
            self._plan(event, due_at)
        return event

    def enable(self, *, enabled: bool) -> None:
        """Switch the hook on again by hand, or off."""
        self._ledger.save_hook(enabled=enabled)

    def rotate_secret(self, secret: str) -> None:
        """Sign new events with another secret; events that exist keep the one they had."""
        self.previous_secret, self.secret = self.secret, secret

    def resend(self, event: WebhookEvent) -> None:
        """Send an event once more, as Razorpay's support does; same id, same bytes."""
        event.state, event.held = "pending", False
        event.due_at = self._panel.clock.now()
        self._ledger.save(event)
        self._plan(event, event.due_at)

    def _first_state(self, *, lost: bool) -> str:
        if self.url is None:
            return "unsubscribed"
        if not self._ledger.hook_enabled:
            return "skipped"
        return "lost" if lost else "pending"

    def _plan(self, event: WebhookEvent, due_at: float) -> None:
        event.due_at = due_at
        if due_at <= self._panel.clock.now():
            self._send(event, due_at)
        else:
            self._panel.agenda.plan(due_at, lambda at: self._fall_due(event, at))

    def _fall_due(self, event: WebhookEvent, at: float) -> None:
        if event.state == "pending" and event.due_at == at:
            self._send(event, at)

    def _send(self, event: WebhookEvent, at: float) -> None:
        """Start the attempt due at a moment behind the last one of the order, so order holds."""
        if event in self._held[event.subject]:
            self._held[event.subject].remove(event)
        event.due_at = None
        before = self._last.get(event.subject)
        task = asyncio.get_running_loop().create_task(self._deliver(event, before, at))
        self._running.add(task)
        self._last[event.subject] = task
        task.add_done_callback(lambda done: self._forget(event.subject, done))

    def _forget(self, subject: str, task: "asyncio.Task[None]") -> None:
        self._running.discard(task)
        if self._last.get(subject) is task:
            del self._last[subject]
        if not task.cancelled() and task.exception() is not None:
            log.error("webhook_delivery_failed", exc_info=task.exception())

    async def _deliver(
        self, event: WebhookEvent, before: "asyncio.Task[None] | None", at: float
    ) -> None:
        if before is not None:
            await asyncio.wait({before})
        if not self._ledger.hook_enabled:
            event.state = "skipped"
            self._ledger.save(event)
            return
        async with self._slots:
            delivered = await self._attempt(event)
            if delivered and event.copies > 1:
                event.copies = 1
                await self._attempt(event)
        self._conclude(event, at, delivered=delivered)
        for held in list(self._held.pop(event.subject, ())):
            self._send(held, at)

    async def _attempt(self, event: WebhookEvent) -> bool:
        started = self._panel.clock.now()
        signed = self._panel.switches.draw_signature(event.name)
        status, problem = await self._post(event, self._signature(event, signed))
        attempt: Json = {
            "at": started,
            "status": status,
            "problem": problem,
            "signature": signed,
            "took_s": round(self._panel.clock.now() - started, 3),
        }
        event.attempts.append(attempt)
        self._ledger.save(event)
        return problem is None

    def _signature(self, event: WebhookEvent, signed: str) -> str:
        if signed == "wrong":
            return sign(event.body.encode(), new_id("wrong"))
        return sign(event.body.encode(), self.previous_secret if signed == "old" else event.secret)

    async def _post(self, event: WebhookEvent, signature: str) -> tuple[int | None, str | None]:
        headers = {
            "content-type": "application/json",
            "user-agent": "Razorpay-Webhook/v1",
            "x-razorpay-event-id": event.id,
            "x-razorpay-signature": signature,
        }
        if self._client is None or self.url is None:
            return None, "no receiver"
        try:
            async with asyncio.timeout(ANSWER_LIMIT_S):
                answer = await self._client.post(
                    self.url, content=event.body.encode(), headers=headers
                )
        except TimeoutError:
            return None, f"no answer within {ANSWER_LIMIT_S:g} s"
        except httpx.HTTPError as error:
            return None, f"{type(error).__name__}: {error}"
        return answer.status_code, None if answer.is_success else f"HTTP {answer.status_code}"

    def _conclude(self, event: WebhookEvent, at: float, *, delivered: bool) -> None:
        if delivered:
            event.state = "delivered"
            self._ledger.save(event)
            return
        failures = sum(1 for one in event.attempts if one["problem"] is not None)
        due_at = at + min(FIRST_GAP_S * 2 ** (failures - 1), LONGEST_GAP_S)
        if due_at > event.created_at + GIVE_UP_S:
            event.state = "failed"
            self.enable(enabled=False)
        else:
            self._plan(event, due_at)
        self._ledger.save(event)


def _subject(about: dict[str, News]) -> str:
    payment = about.get("payment")
    if isinstance(payment, Payment):
        return payment.order_id
    return next(iter(about.values())).id
