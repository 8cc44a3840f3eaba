"""The limits of live tracking, each a setting of its own."""

from dataclasses import dataclass

from adapters.settings_reader import SettingsReader

PRODUCTION_DRAIN_S, DEV_DRAIN_S = 20, 5


@dataclass(frozen=True, kw_only=True, slots=True)
class TrackingLimits:
    """How much clients may ask of the tracking service; meanings stand in `docs/settings.md`."""

    origins: frozenset[str]
    proxies: int
    hello_timeout_s: int
    heartbeat_s: int
    position_check_s: int
    send_timeout_s: int
    life_s: int
    drain_s: int
    query_timeout_s: int
    queries_per_s: int
    frame_bytes: int
    frames_per_s: int
    frames_burst: int
    orders_per_connection: int
    connections: int
    connections_per_customer: int
    connections_per_address: int
    admissions_per_s: int
    queue_frames: int
    queue_bytes: int
    replay_events: int


def read_tracking_limits(reader: SettingsReader) -> TrackingLimits:
    """Read all of them; problems are noted in the reader."""

    def number(name: str, default: int, *, lowest: int = 1, highest: int | None = None) -> int:
        return reader.integer(name, default, lowest=lowest, highest=highest)

    drain_s = PRODUCTION_DRAIN_S if reader.production else DEV_DRAIN_S
    return TrackingLimits(
        origins=_origins(reader),
        proxies=number("ORDERS_TRACKING_PROXIES", 0, lowest=0, highest=10),
        hello_timeout_s=number("ORDERS_TRACKING_HELLO_TIMEOUT_S", 5),
        heartbeat_s=number("ORDERS_TRACKING_HEARTBEAT_S", 25, highest=50),
        position_check_s=number("ORDERS_TRACKING_POSITION_CHECK_S", 30),
        send_timeout_s=number("ORDERS_TRACKING_SEND_TIMEOUT_S", 10),
        life_s=number("ORDERS_TRACKING_LIFE_S", 7200),
        drain_s=number("ORDERS_TRACKING_DRAIN_S", drain_s, lowest=0),
        query_timeout_s=number("ORDERS_TRACKING_QUERY_TIMEOUT_S", 3),
        queries_per_s=number("ORDERS_TRACKING_QUERIES_PER_S", 50),
        frame_bytes=number("ORDERS_TRACKING_FRAME_BYTES", 4096, lowest=1024),
        frames_per_s=number("ORDERS_TRACKING_FRAMES_PER_S", 10),
        frames_burst=number("ORDERS_TRACKING_FRAMES_BURST", 20),
        orders_per_connection=number("ORDERS_TRACKING_ORDERS_PER_CONNECTION", 50),
        connections=number("ORDERS_TRACKING_CONNECTIONS", 20_000),
        connections_per_customer=number("ORDERS_TRACKING_CONNECTIONS_PER_CUSTOMER", 20),
        connections_per_address=number("ORDERS_TRACKING_CONNECTIONS_PER_ADDRESS", 2_000),
        admissions_per_s=number("ORDERS_TRACKING_ADMISSIONS_PER_S", 600),
        queue_frames=number("ORDERS_TRACKING_QUEUE_FRAMES", 256),
        queue_bytes=number("ORDERS_TRACKING_QUEUE_BYTES", 256 * 1024, lowest=16 * 1024),
        replay_events=number("ORDERS_TRACKING_REPLAY_EVENTS", 1000),
    )


def _origins(reader: SettingsReader) -> frozenset[str]:
    given = reader.text("ORDERS_TRACKING_ORIGINS", "").split(",")
    origins = frozenset(each.strip().rstrip("/") for each in given if each.strip())
    for each in sorted(origins):
        if not each.startswith(("https://", "http://")) or "/" in each.split("://", 1)[1]:
            problem = f"holds {each!r}: give origins such as https://shop.in, comma apart"
            reader.refuse("ORDERS_TRACKING_ORIGINS", problem)
    return origins
