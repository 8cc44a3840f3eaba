"""The frames that the service sends, apart from `events` (`tracking/following/batch.py`)."""

from datetime import datetime
from typing import Any

from domain.catch_up import Attached
from domain.ports import Position
from domain.ports.envelopes import Enveloped
from domain.wire import JSON
from tracking.following.batch import compact
from tracking.live.closing import Closing, FrameRefused
from tracking.projection import snapshot_of
from tracking.settings import TrackingSettings


def frame(kind: str, **fields: Any) -> str:
    """Return a frame without its absent fields."""
    present = {name: value for name, value in fields.items() if value is not None}
    return compact({"type": kind, **present})


def welcome(
    connection_id: str, expires_at: datetime, now: datetime, settings: TrackingSettings
) -> str:
    """Return the answer to a good `hello`."""
    return frame(
        "welcome",
        connection_id=connection_id,
        heartbeat_s=settings.heartbeat_s,
        token_expires_at=expires_at.isoformat(),
        server_time=now.isoformat(),
        limits={
            "orders": settings.orders_per_connection,
            "frame_bytes": settings.frame_bytes,
            "frames_per_s": settings.frames_per_s,
            "frames_burst": settings.frames_burst,
        },
    )


def subscribed(
    order_id: str, attachment: Attached[Enveloped], reply_to: Any, *, to_ops: bool
) -> str:
    """Return the verdict on a position, with the order where the reader starts over."""
    view = attachment.snapshot
    return frame(
        "subscribed",
        id=reply_to,
        order_id=order_id,
        epoch=attachment.position.epoch,
        head=attachment.position.sequence,
        mode=attachment.mode.value,
        snapshot=snapshot_of(view, to_ops=to_ops) if view else None,
    )


def wall_subscribed(board: JSON, reply_to: Any) -> str:
    """Return the verdict on a wish for the wall: always everything, there is no catch-up."""
    return frame("subscribed", id=reply_to, wall=True, mode="snapshot", **board)


def live(order_id: str, position: Position) -> str:
    """Return the end of a catch-up."""
    return frame("live", order_id=order_id, epoch=position.epoch, sequence=position.sequence)


def error(code: str, message: str, *, retry: bool = False, **fields: Any) -> str:
    """Return a refusal or a failure; fields are `id`, `order_id`, `remedy`, `retry_after_ms`."""
    return frame("error", code=code, message=message, retry=retry, **fields)


def refusal(refused: FrameRefused) -> str:
    """Return the answer to a frame that was refused."""
    return error(
        refused.code.value,
        str(refused),
        id=refused.reply_to,
        remedy=refused.remedy or None,
    )


def farewell(closing: Closing) -> str:
    """Return the last frame before a close frame."""
    code = closing.code
    return error(code.reason, str(closing), remedy=closing.remedy or None, retry=code.retry)
