/**
 * Follows one order: live over WebSocket (`orders.v1`), over server-sent events where sockets are
 * blocked. Comes back by itself after a lost connection and hands on exactly what was missed.
 *
 *   const stop = follow({ url, orderId, since, token, on: { snapshot, events, live, state } });
 *
 * `url`      where the tracking service is, such as https://track.shop.example
 * `since`    {epoch, sequence}: what is known already; left out, a snapshot comes first
 * `token`    a bearer token, or a function that returns one (or a promise); left out, the cookie
 * `on.snapshot(order)`      start over from here
 * `on.events(events)`       CloudEvents that follow, in order, each once
 * `on.live()`               caught up
 * `on.state(name, detail)`  connecting, live, waiting, ended; `detail` of the last is a reason
 */
export function follow(options) {
  const follower = new Follower(options);
  follower.connect();
  return () => follower.close();
}

const TERMINAL = new Map([
  [4000, "error"], [4001, "token"], [4003, "token"], [4005, "connections"], [4006, "error"],
  [1009, "error"],
]);
const TOKEN_EXPIRED = 4101;
const BASE_MS = 500;
const CAP_MS = 30000;
const SOCKET_TRIES = 3;
const EXTRA_SILENCE_MS = 10000;

class Follower {
  constructor({ url, orderId, since, token, on }) {
    this.url = (url ?? location.origin).replace(/\/$/, "");
    this.orderId = orderId;
    this.position = since ?? null;
    this.token = token;
    this.on = on;
    this.tries = 0;
    this.failures = 0;
    this.silenceMs = 40000;
    this.hint = null;
    this.closed = false;
    this.wake = () => {
      if (this.timer && document.visibilityState === "visible") this.connect();
    };
    document.addEventListener("visibilitychange", this.wake);
    addEventListener("online", this.wake);
  }

  close() {
    this.closed = true;
    document.removeEventListener("visibilitychange", this.wake);
    removeEventListener("online", this.wake);
    this.drop();
  }

  drop() {
    clearTimeout(this.timer);
    clearTimeout(this.watchdog);
    this.timer = null;
    const link = this.link;
    this.link = null;
    link?.close();
  }

  async connect() {
    if (this.closed) return;
    this.drop();
    this.on.state?.("connecting");
    if (this.failures >= SOCKET_TRIES && !this.token) {
      // Every second try goes to the stream: the network may let sockets pass again.
      this.failures % 2 ? this.openStream() : this.openSocket(undefined);
      return;
    }
    const token = typeof this.token === "function" ? await this.token() : this.token;
    if (!this.closed && !this.link) this.openSocket(token);
  }

  // --- WebSocket --------------------------------------------------------------------------------

  openSocket(token) {
    const socket = new WebSocket(`${this.url.replace(/^http/, "ws")}/live`, "orders.v1");
    this.link = socket;
    socket.onopen = () => {
      const wish = { order_id: this.orderId, ...(this.position && { since: this.position }) };
      this.say({ type: "hello", client: "live.js/1", token, orders: [wish] });
    };
    socket.onmessage = ({ data }) => {
      if (socket === this.link) this.hear(JSON.parse(data));
    };
    socket.onclose = ({ code }) => {
      if (socket === this.link) this.ended(code);
    };
    this.watch();
  }

  say(frame) {
    this.link?.send?.(JSON.stringify(frame));
  }

  hear(frame) {
    this.watch();
    switch (frame.type) {
      case "welcome":
        this.failures = 0;
        this.silenceMs = frame.heartbeat_s * 1200 + EXTRA_SILENCE_MS;
        break;
      case "subscribed":
        this.take(frame);
        break;
      case "events":
        this.apply(frame.events);
        break;
      case "live":
        this.tries = 0;
        this.on.live?.();
        this.on.state?.("live");
        break;
      case "token_expiring":
        this.renew();
        break;
      case "draining":
        this.hint = frame.reconnect_after_ms;
        break;
      case "error":
        this.refused(frame);
    }
  }

  async renew() {
    if (typeof this.token === "function") this.say({ type: "refresh", token: await this.token() });
  }

  refused(frame) {
    if (frame.order_id !== this.orderId) return;
    if (frame.retry) setTimeout(() => this.again(), frame.retry_after_ms ?? 1000);
    else this.stop(frame.code);
  }

  /** Asks again from where we stand, or, if that is nowhere, for a snapshot. */
  again() {
    this.say({
      type: "subscribe", order_id: this.orderId, ...(this.position && { since: this.position }),
    });
  }

  // --- positions --------------------------------------------------------------------------------

  take(frame) {
    if (frame.snapshot) {
      this.position = { epoch: frame.snapshot.epoch, sequence: frame.snapshot.sequence };
      this.on.snapshot?.(frame.snapshot, frame.mode);
    }
  }

  apply(events) {
    const fresh = [];
    for (const event of events) {
      const expected = (this.position?.sequence ?? 0) + 1;
      if (event.epoch !== this.position?.epoch || event.sequence > expected) {
        this.again();
        break;
      }
      if (event.sequence < expected) continue;
      this.position = { epoch: event.epoch, sequence: event.sequence };
      fresh.push(event);
    }
    if (fresh.length) this.on.events?.(fresh);
  }

  // --- server-sent events -----------------------------------------------------------------------

  openStream() {
    const at = this.position ? `?since=${this.position.epoch}:${this.position.sequence}` : "";
    const source = new EventSource(`${this.url}/orders/${this.orderId}/stream${at}`, {
      withCredentials: true,
    });
    this.link = source;
    for (const name of ["subscribed", "live", "hb", "draining"]) {
      source.addEventListener(name, ({ data }) => this.hear({ ...JSON.parse(data), type: name }));
    }
    source.addEventListener("event", ({ data }) => {
      this.watch();
      this.apply([JSON.parse(data)]);
    });
    source.onerror = () => {
      if (source === this.link) this.ended(1006);
    };
    this.watch();
  }

  // --- losing and finding -----------------------------------------------------------------------

  /** Any frame shows that the other side is there; browsers hide protocol pings. */
  watch() {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.ended(1006), this.silenceMs);
  }

  ended(code) {
    this.drop();
    if (TERMINAL.has(code)) return this.stop(TERMINAL.get(code));
    if (code === TOKEN_EXPIRED && typeof this.token !== "function") return this.stop("token");
    this.tries += 1;
    this.failures += 1;
    const soon = code >= 4200 && code < 4300;
    const most = soon ? 2000 : Math.min(CAP_MS, BASE_MS * 2 ** this.tries);
    const pause = soon && this.hint !== null ? this.hint : Math.random() * most;
    this.hint = null;
    this.on.state?.("waiting", pause);
    this.timer = setTimeout(() => {
      if (document.visibilityState === "visible") this.connect();
    }, pause);
  }

  stop(reason) {
    this.close();
    this.on.state?.("ended", reason);
  }
}
