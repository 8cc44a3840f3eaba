"""Why a frame is refused or a connection ends, and what its client should do about it."""

from enum import IntEnum, StrEnum
from typing import Any


class Refusal(StrEnum):
    """What is wrong with one frame; the connection goes on."""

    BAD_REQUEST = "bad_request"
    UNKNOWN_TYPE = "unknown_type"
    NOT_FOUND = "not_found"
    FORBIDDEN = "forbidden"
    UNAVAILABLE = "unavailable"
    BUSY = "busy"
    TOO_MANY_ORDERS = "too_many_orders"
    TOKEN_INVALID = "token_invalid"  # noqa: S105 - the name of a refusal


class CloseCode(IntEnum):
    """40xx: stop and tell the person. 41xx: come again with back-off. 42xx: come again soon."""

    BAD_FRAME = 4000
    TOKEN_INVALID = 4001
    REVOKED = 4003
    TOO_MANY_CONNECTIONS = 4005
    PROTOCOL_VERSION = 4006
    TOKEN_EXPIRED = 4101
    HELLO_TIMEOUT = 4102
    OVERLOADED = 4103
    SLOW_CONSUMER = 4104
    RATE_LIMITED = 4105
    INTERNAL = 4106
    DRAINING = 4200
    REBALANCE = 4201

    @property
    def retry(self) -> bool:
        """Tell whether the same client may come again."""
        return self >= CloseCode.TOKEN_EXPIRED

    @property
    def reason(self) -> str:
        """Return the name that stands in the close frame and in the error frame."""
        return self.name.lower()


class Closing(Exception):
    """Ends a connection with a code; `str()` is a sentence for whoever wrote the client."""

    def __init__(self, code: CloseCode, message: str = "", remedy: str = "") -> None:
        """Say why, and what to do."""
        super().__init__(message or code.reason)
        self.code = code
        self.remedy = remedy


class FrameRefused(Exception):
    """A frame is answered with an error; the connection goes on."""

    def __init__(self, code: Refusal, message: str, remedy: str = "", reply_to: Any = None) -> None:
        """Say what is wrong and what to do, in answer to the frame with the id `reply_to`."""
        super().__init__(message)
        self.code, self.remedy, self.reply_to = code, remedy, reply_to


class PeerGone(Exception):
    """The other side has closed, or is no longer there."""
