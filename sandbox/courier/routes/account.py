"""The seller's account: login, wallet, pickup addresses."""

from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.courier.auth import COMPANY_ID
from sandbox.courier.depot import depot_of
from sandbox.courier.wire.answers import invalid, read_form
from sandbox.courier.wire.order_form import is_blank
from sandbox.courier.wire.rupees import as_text

PICKUP_REQUIRED: Final = (
    "pickup_location", "name", "email", "phone", "address", "city", "state", "country", "pin_code",
)  # fmt: skip
LONGEST_NICKNAME: Final = 36


async def log_in(request: Request) -> Response:
    """POST /auth/login."""
    depot = depot_of(request)
    return JSONResponse(depot.tokens.log_in(await read_form(request), now=depot.now()))


async def log_out(request: Request) -> Response:
    """POST /auth/logout."""
    depot_of(request).tokens.log_out(request.headers.get("authorization", ""))
    return JSONResponse({"message": "Logged out successfully"})


async def wallet_balance(request: Request) -> Response:
    """GET /account/details/wallet-balance: rupees as a string."""
    balance = as_text(depot_of(request).account.state.wallet_paise)
    return JSONResponse({"data": {"balance_amount": balance}})


async def list_pickups(request: Request) -> Response:
    """GET /settings/company/pickup."""
    addresses = [
        {"status": 2, "country": "India", "phone": "9876543210", "is_primary_location": 0} | one
        for one in depot_of(request).account.pickup_addresses()
    ]
    return JSONResponse({"data": {"shipping_address": addresses, "allow_more": "1"}})


async def add_pickup(request: Request) -> Response:
    """POST /settings/company/addpickup."""
    form = await read_form(request)
    account = depot_of(request).account
    errors = {
        name: [f"The {name.replace('_', ' ')} field is required."]
        for name in PICKUP_REQUIRED
        if is_blank(form.get(name))
    }
    nickname = str(form.get("pickup_location", ""))
    if len(nickname) > LONGEST_NICKNAME:
        errors["pickup_location"] = ["The pickup location may not be greater than 36 characters."]
    if account.pickup_address(nickname) is not None:
        errors["pickup_location"] = ["Address nick name already in use"]
    if errors:
        raise invalid(errors)
    address = {name: str(form[name]) for name in PICKUP_REQUIRED} | {"id": account.next_number()}
    account.state.added_pickups.append(address)
    account.save()
    body = {"company_id": COMPANY_ID, "pickup_code": nickname} | address
    return JSONResponse({"success": True, "address": body, "pickup_id": address["id"]})


ROUTES: Final = [
    Route("/auth/login", log_in, methods=["POST"]),
    Route("/auth/logout", log_out, methods=["POST"]),
    Route("/account/details/wallet-balance", wallet_balance, methods=["GET"]),
    Route("/settings/company/pickup", list_pickups, methods=["GET"]),
    Route("/settings/company/addpickup", add_pickup, methods=["POST"]),
]
