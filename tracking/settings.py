"""The limits and timings of the tracking service; `facts` of the protocol, each a setting."""

from dataclasses import dataclass, field
from typing import Final

from domain.catch_up import REPLAY_LIMIT

SUBPROTOCOL: Final = "orders.v1"


@dataclass(frozen=True, kw_only=True, slots=True)
class TrackingSettings:
    """How the service behaves. Times in seconds.

    Attributes:
        public_url: where browsers reach this service, without a slash at the end.
        origins: other origins whose pages may open the socket, beside the service's own.
        secure_cookies: the session cookie is sent over HTTPS only.
        api_url: where pages send what people decide, without a slash at the end.
        proxies: so many proxies in front of us are believed when they say whom they heard.
        hello_timeout_s: how long a new socket may stay silent.
        heartbeat_s: between two `hb` frames, give or take 20 %.
        position_check_s: between two looks at the heads of all followed orders, give or take 50 %.
        send_timeout_s: a frame that cannot be handed to the socket for so long ends it (4104).
        life_s: a connection is asked to come again after this long, up to twice as long.
        drain_window_s: over which a stopping process sends its connections away.
        token_warning_s: how long before a token's end its client is told.
        query_timeout_s, query_share_s: patience with a workflow; how long an answer is shared.
        queries_per_s: how many queries reach workflows, twice as many at once.
        frame_bytes: the longest frame that a client may send.
        frames_per_s, frames_burst: how many it may send, steadily and at once.
        orders_per_connection, connections_per_customer, connections_per_address: how much one
            client may ask for.
        connections, admissions_per_s: how many this process takes, in all and newly a second.
        replay_events: who missed more events than this gets a snapshot.
        events_per_frame: the most events in one `events` frame.
        backlog_frames, backlog_bytes: how much may wait for one connection; beyond that it is
            dropped and read from the log later.
        wall_orders: the most orders on the wall.
        wall_tick_s: between two frames to the wall at most as often as this.
        wall_count_s, wall_refresh_s: between two counts of open orders; between two readings of
            the newest orders from the store, which put right what was not announced.
        replies_waiting: answers that may wait for one connection before it counts as too slow.
    """

    public_url: str = "http://127.0.0.1:8001"
    api_url: str = "http://127.0.0.1:8000"
    proxies: int = 0
    origins: frozenset[str] = field(default_factory=frozenset)
    secure_cookies: bool = False
    hello_timeout_s: float = 5.0
    heartbeat_s: float = 25.0
    position_check_s: float = 30.0
    send_timeout_s: float = 10.0
    life_s: float = 7200.0
    drain_window_s: float = 5.0
    token_warning_s: float = 60.0
    query_timeout_s: float = 3.0
    query_share_s: float = 0.3
    queries_per_s: float = 50.0
    frame_bytes: int = 4096
    frames_per_s: float = 10.0
    frames_burst: int = 20
    orders_per_connection: int = 50
    connections_per_customer: int = 20
    connections_per_address: int = 2000
    connections: int = 20_000
    admissions_per_s: float = 600.0
    replay_events: int = REPLAY_LIMIT
    events_per_frame: int = 50
    backlog_frames: int = 256
    backlog_bytes: int = 256 * 1024
    wall_orders: int = 300
    wall_tick_s: float = 0.5
    wall_count_s: float = 5.0
    wall_refresh_s: float = 30.0
    replies_waiting: int = 64
