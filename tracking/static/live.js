/**
 * Follows one order: live over WebSocket (`orders.v1`), over server-sent events where sockets are
 * blocked, by asking every few seconds where nothing else passes. Comes back by itself after a lost
 * connection and hands on exactly what was missed, in order, each event once.
 *
 *   const stop = follow({ url, orderId, since, token, on: { snapshot, events, live, state } });
 *
 * `url`      where the tracking service is, such as https://track.shop.example
 * `since`    {epoch, sequence}: what is known already; left out, a snapshot comes first
 * `token`    a bearer token, or a function that returns one (or a promise); left out, the cookie
 * `on.snapshot(order, mode)`    start over from here
 * `on.events(events, missed)`   CloudEvents that follow; `missed`: they happened while we were away
 * `on.live()`                   caught up
 * `on.state(name, detail)`      connecting, live, polling, waiting (detail: ms), ended (a reason)
 */
export function follow(options) {
  return begin(options);
}

/** Watches all orders, for ops: `on.board(board)` at first, then `on.changes(changes)`. */
export function watchWall(options) {
  return begin({ ...options, wall: true });
}

function begin(options) {
  const follower = new Follower(options);
  follower.connect();
  return () => follower.close();
}

const TERMINAL = new Map([
  [4000, "error"], [4001, "token"], [4003, "revoked"], [4005, "connections"], [4006, "error"],
  [1009, "error"],
]);
const TOKEN_EXPIRED = 4101;
const BASE_MS = 500;
const CAP_MS = 30000;
const SOCKET_TRIES = 3;
const EXTRA_SILENCE_MS = 10000;
const POLL_MS = 5000;
const POLLS = 12;
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

class Follower {
  constructor({ url, orderId, since, token, wall, on }) {
    this.url = (url ?? location.origin).replace(/\/$/, "");
    this.orderId = orderId;
    this.position = since ?? null;
    this.token = token;
    this.wall = wall;
    this.on = on;
    this.tries = 0;
    this.failures = 0;
    this.silenceMs = 40000;
    this.hint = null;
    this.closed = false;
    this.missed = false;
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
    const way = this.way();
    const marker = (this.link = { close() {} });
    let token = this.token;
    if (typeof token === "function") {
      try {
        token = await token();
      } catch {
        if (marker === this.link) this.ended(1006);
        return;
      }
    }
    if (this.closed || marker !== this.link) return;
    if (way === "socket") this.openSocket(token);
    else if (way === "stream") this.openStream();
    else this.poll(token);
  }

  /** After some failures each way in its turn: the network may let sockets pass again. */
  way() {
    if (this.wall || this.failures < SOCKET_TRIES) return "socket";
    const ways = this.token ? ["poll", "socket"] : ["stream", "poll", "socket"];
    return ways[(this.failures - SOCKET_TRIES) % ways.length];
  }

  // --- WebSocket --------------------------------------------------------------------------------

  openSocket(token) {
    const socket = new WebSocket(`${this.url.replace(/^http/, "ws")}/live`, "orders.v1");
    this.link = socket;
    socket.onopen = () => {
      const orders = this.wall ? [] : [this.wish()];
      this.say({ type: "hello", client: "live.js/2", token, orders });
      if (this.wall) this.say({ type: "subscribe", id: "wall", wall: true });
    };
    socket.onmessage = ({ data }) => {
      if (socket === this.link) this.hear(JSON.parse(data));
    };
    socket.onclose = ({ code }) => {
      if (socket === this.link) this.ended(code);
    };
    this.watch();
  }

  wish() {
    return { order_id: this.orderId, ...(this.position && { since: this.position }) };
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
        this.missed = true;
        if (frame.wall) this.arrived(() => this.on.board?.(frame));
        else this.take(frame);
        break;
      case "events":
        this.apply(frame.events);
        break;
      case "wall":
        this.on.changes?.(frame);
        break;
      case "live":
        this.arrived(() => this.on.live?.());
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

  arrived(tell) {
    this.tries = 0;
    this.missed = false;
    tell();
    this.on.state?.("live");
  }

  async renew() {
    if (typeof this.token === "function") this.say({ type: "refresh", token: await this.token() });
  }

  refused(frame) {
    if (this.wall ? frame.id !== "wall" : frame.order_id !== this.orderId) return;
    if (frame.retry) setTimeout(() => this.again(), frame.retry_after_ms ?? 1000);
    else this.stop(frame.code);
  }

  /** Asks again from where we stand, or, if that is nowhere, for a snapshot. */
  again() {
    this.say(
      this.wall
        ? { type: "subscribe", id: "wall", wall: true }
        : { type: "subscribe", ...this.wish() },
    );
  }

  // --- positions --------------------------------------------------------------------------------

  take({ snapshot, mode }) {
    if (!snapshot) return;
    this.position = { epoch: snapshot.epoch, sequence: snapshot.sequence };
    this.on.snapshot?.(snapshot, mode);
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
    if (fresh.length) this.on.events?.(fresh, this.missed);
  }

  // --- server-sent events -----------------------------------------------------------------------

  openStream() {
    const at = this.position ? `?since=${this.position.epoch}:${this.position.sequence}` : "";
    const source = new EventSource(`${this.url}/orders/${this.orderId}/stream${at}`);
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

  // --- asking now and then ----------------------------------------------------------------------

  async poll(token) {
    const abort = new AbortController();
    const link = (this.link = { close: () => abort.abort() });
    const headers = token ? { Authorization: `Bearer ${token}` } : {};
    for (let n = 0; n < POLLS && link === this.link; n += 1) {
      const at = this.position;
      const query = at ? `?after=${at.sequence}&epoch=${at.epoch}` : "";
      let answer;
      try {
        const url = `${this.url}/orders/${this.orderId}/events${query}`;
        answer = await fetch(url, { headers, signal: abort.signal, cache: "no-store" });
        if (answer.ok) answer = { ok: true, ...(await answer.json()) };
      } catch {
        answer = { ok: false };
      }
      if (link !== this.link) return;
      if (answer.status === 401) return this.ended(this.token ? TOKEN_EXPIRED : 4001);
      if (answer.status === 404) return this.stop("not_found");
      if (!answer.ok) return this.ended(1006);
      this.missed = n === 0;
      this.take(answer);
      this.apply(answer.events);
      this.tries = 0;
      this.on.live?.();
      this.on.state?.("polling");
      await sleep(POLL_MS * (0.8 + Math.random() * 0.4));
    }
    if (link === this.link) this.ended(4201);
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
