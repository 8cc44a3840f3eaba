"""The state that a PIN code probably lies in, for quotes that name no state.

India Post numbers its postal circles, which follow state borders closely but not everywhere. An
order always names its state; only the tax split of a quote is guessed from this table.
"""

from typing import Final

_EXCEPTIONS: Final = {
    "160": "Chandigarh",
    "194": "Ladakh",
    "248": "Uttarakhand",
    "249": "Uttarakhand",
    "263": "Uttarakhand",
    "403": "Goa",
    "605": "Puducherry",
    "737": "Sikkim",
    "744": "Andaman and Nicobar Islands",
    "790": "Arunachal Pradesh",
    "791": "Arunachal Pradesh",
    "792": "Arunachal Pradesh",
    "793": "Meghalaya",
    "794": "Meghalaya",
    "795": "Manipur",
    "796": "Mizoram",
    "797": "Nagaland",
    "798": "Nagaland",
    "799": "Tripura",
}
_CIRCLES: Final = {
    "Delhi": "11",
    "Haryana": "12 13",
    "Punjab": "14 15 16",
    "Himachal Pradesh": "17",
    "Jammu and Kashmir": "18 19",
    "Uttar Pradesh": "20 21 22 23 24 25 26 27 28",
    "Rajasthan": "30 31 32 33 34",
    "Gujarat": "36 37 38 39",
    "Maharashtra": "40 41 42 43 44",
    "Madhya Pradesh": "45 46 47 48",
    "Chhattisgarh": "49",
    "Telangana": "50",
    "Andhra Pradesh": "51 52 53",
    "Karnataka": "56 57 58 59",
    "Tamil Nadu": "60 61 62 63 64",
    "Kerala": "67 68 69",
    "West Bengal": "70 71 72 73 74",
    "Odisha": "75 76 77",
    "Assam": "78",
    "Bihar": "80 84 85",
    "Jharkhand": "81 82 83",
}
_BY_CIRCLE: Final = {
    prefix: state for state, prefixes in _CIRCLES.items() for prefix in prefixes.split()
}
_ELSEWHERE: Final = "Delhi"


def state_of_pincode(pincode: str) -> str:
    """Return the state's canonical name; codes of no circle (the army's) count as Delhi."""
    return _EXCEPTIONS.get(pincode[:3]) or _BY_CIRCLE.get(pincode[:2], _ELSEWHERE)
