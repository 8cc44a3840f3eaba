"""All the parts of the courier sandbox, built and joined in one place."""

from typing import Any

from starlette.requests import Request

from sandbox.control import Clock, ControlPanel
from sandbox.courier.account import Account
from sandbox.courier.auth import Tokens
from sandbox.courier.booking import Booking
from sandbox.courier.config import CourierSandboxConfig
from sandbox.courier.movement.clockwork import Clockwork
from sandbox.courier.movement.parcel import Parcel
from sandbox.courier.movement.parcels import Parcels
from sandbox.courier.movement.webhooks import Webhooks
from sandbox.courier.wire.rupees import as_text
from sandbox.documents import DocumentStore


class Depot:
    """One running sandbox. Build it inside the event loop; `close` it at the end."""

    def __init__(self, config: CourierSandboxConfig) -> None:
        self.config = config
        self.store = DocumentStore(config.data_path)
        self.account = Account(self.store, step_s=config.step_s)
        self.panel = ControlPanel(
            clock=Clock(ahead_s=self.account.state.ahead_s),
            state=self.everything,
            on_change=self._keep_clock,
        )
        self.parcels = Parcels(self.store)
        self.tokens = Tokens(config, self.account)
        self.webhooks = Webhooks(
            config, agenda=self.panel.agenda, faults=self.panel.switches, parcels=self.parcels
        )
        self.clockwork = Clockwork(
            agenda=self.panel.agenda,
            account=self.account,
            parcels=self.parcels,
            announce=self.webhooks.announce,
        )
        self.booking = Booking(
            agenda=self.panel.agenda,
            account=self.account,
            parcels=self.parcels,
            clockwork=self.clockwork,
        )

    def now(self) -> float:
        """Return sandbox time in unix seconds."""
        return self.panel.clock.now()

    def resume(self) -> None:
        """Go on where a stored sandbox stopped."""
        self.clockwork.resume()
        self.booking.resume()
        self.webhooks.resume()

    def new_parcel(self, form: dict[str, Any], *, is_return: bool) -> Parcel:
        """Build a parcel from an order form that was found in order; not yet saved."""
        return Parcel(
            order_id=self.account.next_number(),
            shipment_id=self.account.next_number(),
            seller_order_id=str(form["order_id"]).strip(),
            form=form,
            created_at=self.now(),
            is_return=is_return,
        )

    def everything(self) -> dict[str, object]:
        """Return every entity, as `GET /_control/state` shows it. Money in paise."""
        state = self.account.state
        return {
            "parcels": [parcel.as_document() for parcel in self.parcels],
            "wallet": {
                "balance": as_text(state.wallet_paise),
                "balance_paise": state.wallet_paise,
                "entries": self.account.wallet_entries(),
            },
            "script": {"script": state.script, "step_s": state.step_s},
            "switches": self.account.switches.as_json(),
            "webhooks_sent": list(self.webhooks.sent),
            "now": self.now(),
        }

    async def close(self) -> None:
        """Stop sending webhooks and close the data file."""
        await self.webhooks.close()
        self.store.close()

    def _keep_clock(self) -> None:
        self.account.state.ahead_s = self.panel.clock.ahead_s
        self.account.save()


def depot_of(request: Request) -> Depot:
    """Return the sandbox that a request is for."""
    depot: Depot = request.app.state.depot
    return depot


def site_of(request: Request) -> str:
    """Return the sandbox's own address as the caller sees it, without a trailing slash."""
    return str(request.base_url).rstrip("/")
