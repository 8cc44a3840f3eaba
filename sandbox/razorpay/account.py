"""One merchant's account at the sandbox: what every resource works on."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from sandbox.control import Clock, ControlPanel
from sandbox.documents import DocumentStore
from sandbox.razorpay.config import RazorpaySandboxConfig
from sandbox.razorpay.ledger import Ledger
from sandbox.razorpay.webhooks.hook import Hook

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(kw_only=True, slots=True)
class RefundBehaviour:
    """How the bank treats refunds; `PUT /_control/refunds` changes it.

    Attributes:
        settle_s: clock seconds from `pending` to `processed`; 0 answers `processed` at once.
        fail_next: how many of the next refunds the bank refuses.
        bounce_next: how many of the next refunds come back `failed` after they were `processed`.
        bounce_s: clock seconds until they do.
        slow_next: how many of the next instant refunds the bank takes at normal speed only.
        balance_short: whether the merchant's balance is too small for any refund.
        work_s: real seconds for which a refund call is in progress before it is answered.
    """

    settle_s: float
    fail_next: int = 0
    bounce_next: int = 0
    bounce_s: float = 3600.0
    slow_next: int = 0
    balance_short: bool = False
    work_s: float = 0.0

    def take(self, counter: str) -> bool:
        """Use up one of `fail_next`, `bounce_next` or `slow_next`, if there is one."""
        left = int(getattr(self, counter))
        if left:
            setattr(self, counter, left - 1)
        return left > 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """Configuration, ledger, control panel and webhooks of the one merchant."""

    config: RazorpaySandboxConfig
    ledger: Ledger
    panel: ControlPanel
    hook: Hook
    refunds: RefundBehaviour
    planned_settlements: set[float] = field(default_factory=set)

    def now(self) -> float:
        """Return sandbox time in unix seconds."""
        return self.panel.clock.now()


def atomic(
    step: Callable[Concatenate[Account, P], R],
) -> Callable[Concatenate[Account, P], R]:
    """Make all that a step saves durable together: a killed sandbox never knows half of it."""

    @wraps(step)
    def run(account: Account, /, *args: P.args, **kwargs: P.kwargs) -> R:
        with account.ledger.atomic():
            return step(account, *args, **kwargs)

    return run


def open_account(config: RazorpaySandboxConfig) -> Account:
    """Load what was stored before, and put clock, ledger and webhooks together."""
    ledger = Ledger(DocumentStore(config.data_file))
    clock = Clock(speed=config.clock_speed, ahead_s=ledger.clock_ahead_s)
    panel = ControlPanel(
        clock=clock,
        state=lambda: account_state(account),
        on_change=lambda: ledger.save_clock(clock),
    )
    account = Account(
        config=config,
        ledger=ledger,
        panel=panel,
        hook=Hook(config=config, ledger=ledger, panel=panel),
        refunds=RefundBehaviour(settle_s=config.refund_settle_s),
    )
    return account


def account_state(account: Account) -> dict[str, object]:
    """Return every entity, for `GET /_control/state`."""
    ledger = account.ledger
    return {
        "now": account.now(),
        "orders": [one.as_json() for one in ledger.orders.values()],
        "payments": [one.as_json() for one in ledger.payments.values()],
        "refunds": [one.as_json() for one in ledger.refunds.values()],
        "disputes": [one.as_json() for one in ledger.disputes.values()],
        "adjustments": [one.as_json() for one in ledger.adjustments.values()],
        "settlements": [one.as_json() for one in ledger.settlements.values()],
        "webhooks": {
            "url": account.config.webhook_url,
            "enabled": ledger.hook_enabled,
            "events": [one.as_json() for one in ledger.events.values()],
        },
        "refund_behaviour": asdict(account.refunds),
    }
