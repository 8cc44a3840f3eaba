"""The seller's account with the provider: wallet, numbers, pickup addresses, default script."""

import secrets
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from sandbox.courier.switches import Switches
from sandbox.documents import DocumentStore

NUMBERS_START: Final = 1_577_836_800
"""2020-01-01: order numbers begin at the seconds since then, so a new data file repeats none."""

OPENING_BALANCE_PAISE: Final = 1_000_000_00

PICKUP_ADDRESSES: Final[tuple[dict[str, Any], ...]] = (
    {
        "id": 2143701,
        "pickup_location": "Pune",
        "address": "Plot 14, Hinjawadi Phase 1",
        "city": "Pune",
        "state": "Maharashtra",
        "pin_code": "411001",
    },
    {
        "id": 2143702,
        "pickup_location": "Bengaluru",
        "address": "22, Hosur Road Industrial Layout",
        "city": "Bengaluru",
        "state": "Karnataka",
        "pin_code": "560001",
    },
    {
        "id": 2143703,
        "pickup_location": "Delhi",
        "address": "7, Okhla Phase III",
        "city": "New Delhi",
        "state": "Delhi",
        "pin_code": "110001",
    },
)


@dataclass(kw_only=True, slots=True)
class AccountState:
    """What is stored of the account. Money in paise."""

    wallet_paise: int = OPENING_BALANCE_PAISE
    first_number: int = 0
    numbers_given: int = 0
    entries: int = 0
    token_secret: str = ""
    revoked: list[str] = field(default_factory=list)
    added_pickups: list[dict[str, Any]] = field(default_factory=list)
    script: str = "happy"
    step_s: float = 2.0
    ahead_s: float = 0.0
    switches: dict[str, Any] = field(default_factory=dict)


class Account:
    """The account, written through to the store."""

    def __init__(self, store: DocumentStore, *, step_s: float) -> None:
        self._store = store
        stored = dict(store.all("account"))
        if "main" in stored:
            self.state = AccountState(**_known(stored["main"]))
        else:
            self.state = AccountState(
                first_number=int(time.time()) - NUMBERS_START,
                token_secret=secrets.token_hex(32),
                step_s=step_s,
            )
            self.save()
        self.switches = Switches.from_json(self.state.switches)

    def save(self) -> None:
        """Store everything."""
        self._store.put("account", "main", asdict(self.state))

    def set_switches(self, switches: Switches) -> None:
        """Replace the switches and store them."""
        self.switches = switches
        self.state.switches = switches.as_json()
        self.save()

    def next_number(self) -> int:
        """Return a number that no order, shipment or AWB had before."""
        self.state.numbers_given += 1
        self.save()
        return self.state.first_number + self.state.numbers_given

    def charge(self, amount_paise: int, *, at: float, awb: str, reason: str) -> None:
        """Take money from the wallet (or give it back, if negative) and note why."""
        self.state.wallet_paise -= amount_paise
        self.state.entries += 1
        self.save()
        entry = {"at": at, "awb": awb, "reason": reason, "amount_paise": -amount_paise}
        self._store.put("wallet_entry", f"{self.state.entries:08d}", entry)

    def wallet_entries(self) -> list[dict[str, object]]:
        """Return every movement of the wallet, oldest first; money taken is negative."""
        return [entry for _, entry in self._store.all("wallet_entry")]

    def pickup_addresses(self) -> list[dict[str, Any]]:
        """Return the addresses that couriers collect from."""
        return [*PICKUP_ADDRESSES, *self.state.added_pickups]

    def pickup_address(self, nickname: object) -> dict[str, Any] | None:
        """Return the address with this nickname (exact spelling), or None."""
        found = [one for one in self.pickup_addresses() if one["pickup_location"] == nickname]
        return found[0] if found else None


def _known(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: document[name] for name in AccountState.__slots__ if name in document}
