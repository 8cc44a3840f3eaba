/** Keeps the customer's page true: folds events into the order and redraws what has changed. */

import { drawActions } from "./actions.js";
import { follow } from "./live.js";

const state = JSON.parse(document.getElementById("state").textContent);
const { words } = state;
let { order, entries } = state;
let lastNews = Date.now();
let away = false;

const byId = (id) => document.getElementById(id);

// --- words and numbers, as in formats.py and story.py ----------------------------------------------

const grouping = new Intl.NumberFormat("en-IN");
const clock = new Intl.DateTimeFormat("en-GB", {
  timeZone: "Asia/Kolkata", weekday: "short", day: "numeric", month: "short",
  hour: "numeric", minute: "2-digit", hour12: true,
});

function rupees(paise) {
  const rest = Math.abs(paise) % 100;
  const whole = grouping.format(Math.floor(Math.abs(paise) / 100));
  return `${paise < 0 ? "-" : ""}₹${whole}${rest ? `.${String(rest).padStart(2, "0")}` : ""}`;
}

function parts(at) {
  return Object.fromEntries(clock.formatToParts(new Date(at)).map((p) => [p.type, p.value]));
}

function day(at) {
  const p = parts(at);
  return `${p.weekday} ${p.day} ${p.month.slice(0, 3)}`;
}

function moment(at) {
  const p = parts(at);
  const hour = p.hour === "0" ? "12" : p.hour;
  return `${day(at)}, ${hour}:${p.minute} ${p.dayPeriod.toLowerCase()}`;
}

function dayInWords(at) {
  const date = (when) => Date.parse(new Date(when + 330 * 60000).toISOString().slice(0, 10));
  const distance = (date(Date.parse(at)) - date(Date.now())) / 86400000;
  return day(at) + ({ 0: ", today", 1: ", tomorrow" }[distance] ?? "");
}

function ago(at) {
  const minutes = Math.floor((Date.now() - Date.parse(at)) / 60000);
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  return minutes < 1440 ? `${Math.floor(minutes / 60)} h ago` : moment(at);
}

function noteOf(data) {
  const { payment, refund, document, cancellation, address, shipment } = data;
  const cut = data.line_cancellation;
  let said = [];
  if (payment) {
    const method = words.methods[payment.method] ?? payment.method;
    said = [rupees(payment.amount_paise), method, payment.reason];
  } else if (refund) said = [rupees(refund.amount_paise)];
  else if (document) said = [document.number];
  else if (cancellation) said = [cancellation.reason];
  else if (cut) {
    const units = cut.lines.map((line) => `${line.quantity} × ${line.sku}`);
    said = [...units, rupees(cut.amount_paise)];
  } else if (address) said = [address.city];
  else if (shipment) said = [`Parcel ${shipment.number}`, shipment.courier, shipment.reason];
  return said.filter(Boolean).join(" · ");
}

// --- the order: each subject of an event is whole, so it simply takes its predecessor's place -------

const ENDED_PARCELS = ["delivered", "rto_delivered", "lost", "cancelled"];

function put(items = [], item, key) {
  if (!item) return items;
  const others = items.filter((old) => old[key] !== item[key]);
  return [...others, item].sort((a, b) => (a[key] > b[key] ? 1 : -1));
}

function fold(event) {
  const { data } = event;
  const shipments = put(order.shipments, data.shipment, "number");
  const promises = shipments
    .filter((each) => each.promised_by && !ENDED_PARCELS.includes(each.state))
    .map((each) => each.promised_by)
    .sort();
  order = {
    ...order,
    sequence: event.sequence,
    status: data.status,
    payment_status: data.payment_status,
    shipments,
    refunds: put(order.refunds, data.refund, "number"),
    line_cancellations: put(order.line_cancellations, data.line_cancellation, "number"),
    documents: put(order.documents, data.document, "number"),
    payment: data.status === "pending_payment" ? (data.payment_order ?? order.payment) : null,
    shipping_address: data.address ?? order.shipping_address,
    promised_by: promises.at(-1) ?? order.promised_by,
  };
  entries.push({
    sequence: event.sequence, type: event.type, time: event.time, status: data.status,
    note: noteOf(data),
  });
}

// --- drawing ---------------------------------------------------------------------------------------

function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

const time = (at) => (at ? el("time", { datetime: at }, moment(at)) : el("time"));

/** What is said of when, and whether it is late, as in hero.py. */
function promised() {
  if (order.payment?.expires_at) return [`Pay before ${moment(order.payment.expires_at)}`, false];
  if (!order.promised_by || words.ended.includes(order.status)) return ["", false];
  if (Date.parse(order.promised_by) < Date.now()) {
    return [words.late.replace("{}", day(order.promised_by)), true];
  }
  return [`Expected by ${dayInWords(order.promised_by)}`, false];
}

function drawHero() {
  const said = words.statuses[order.status];
  byId("hero").dataset.tone = said.tone;
  byId("title").textContent = said.title;
  byId("next-step").textContent = said.next;
  const promise = byId("promise");
  const [text, late] = promised();
  promise.hidden = !text;
  promise.textContent = text;
  promise.toggleAttribute("data-late", late);
  document.title = `${said.title} · order tracking`;
  byId("payment").textContent = words.payments[order.payment_status] ?? order.payment_status;
}

/** In place, so that the line fills before the eyes instead of being there at once. */
function drawLine() {
  const times = new Map();
  for (const entry of entries) {
    for (let stage = 0; stage <= (words.statuses[entry.status]?.stage ?? 0); stage += 1) {
      if (!times.has(stage)) times.set(stage, entry.time);
    }
  }
  const last = Math.max(words.statuses[order.status].stage, ...times.keys());
  [...byId("line").children].forEach((item, stage) => {
    item.className = stage === last ? "now" : stage < last ? "done" : "ahead";
    item.toggleAttribute("aria-current", false);
    if (stage === last) item.setAttribute("aria-current", "step");
    item.lastElementChild.replaceWith(time(times.get(stage)));
  });
}

const shownEntries = () =>
  entries
    .filter((entry) => words.events[entry.type])
    .sort((a, b) => Date.parse(b.time) - Date.parse(a.time) || b.sequence - a.sequence);

const titled = ({ type, note }) => words.events[type].title + (note ? `, ${note}` : "");

function drawLatest(isNews) {
  const newest = shownEntries()[0];
  const latest = byId("latest");
  if (!newest) return latest.replaceChildren();
  const when = el("time", { datetime: newest.time, title: moment(newest.time) }, ago(newest.time));
  const note = newest.note ? [el("small", {}, newest.note), " "] : [];
  const title = el("span", {}, words.events[newest.type].title);
  latest.replaceChildren(el("b", {}, "Latest"), " ", title, " ", ...note, when);
  if (isNews) restart(latest, "news");
}

function restart(node, name) {
  node.classList.remove(name);
  void node.offsetWidth;
  node.classList.add(name);
}

function courierOf(parcel) {
  if (!parcel.awb) return ["The courier is being booked."];
  const said = [`${parcel.courier ?? "Courier"} · `, el("code", {}, parcel.awb)];
  if (/^https?:\/\//.test(parcel.tracking_url ?? "")) {
    const link = { href: parcel.tracking_url, rel: "noreferrer noopener", target: "_blank" };
    said.push(" ", el("a", link, "Follow it at the courier"));
  }
  return said;
}

/** Takes the place of what was there; its steps fill from where they stood. */
function drawParcel(parcel) {
  const said = words.parcels[parcel.state] ?? { title: parcel.state, tone: "plain" };
  const names = new Map(order.lines.map((line) => [line.sku, line.name]));
  const expected = parcel.promised_by && !ENDED_PARCELS.includes(parcel.state);
  const old = byId("parcels").querySelector(`[data-number="${parcel.number}"]`);
  const mini =
    old?.querySelector(".mini") ??
    el("p", { class: "mini", "aria-hidden": "true" }, ...[1, 2, 3, 4, 5].map(() => el("i")));
  const card = el(
    "article",
    { class: "card parcel", "data-number": parcel.number, "data-tone": said.tone },
    el("header", {}, el("h3", {}, `Parcel ${parcel.number}`), el("p", { class: "chip" }, said.title)),
    mini,
    el(
      "ul",
      { class: "items" },
      ...parcel.lines.map((line) =>
        el("li", {}, `${names.get(line.sku) ?? line.sku} `, el("span", {}, `× ${line.quantity}`)),
      ),
    ),
    expected ? el("p", {}, `Expected by ${day(parcel.promised_by)}`) : null,
    el("p", { class: "soft" }, ...courierOf(parcel)),
  );
  if (old) old.replaceWith(card);
  else byId("parcels").append(card);
  requestAnimationFrame(() => (mini.dataset.step = words.parcel_steps[parcel.state] ?? 1));
}

function drawParcels() {
  const parcels = order.shipments ?? [];
  byId("parcels-section").hidden = !parcels.length;
  byId("parcels-title").textContent =
    parcels.length < 2 ? "Your parcel" : `Your ${parcels.length} parcels`;
  const numbers = parcels.map((parcel) => String(parcel.number));
  for (const card of [...byId("parcels").children]) {
    if (!numbers.includes(card.dataset.number)) card.remove();
  }
  parcels.forEach(drawParcel);
}

/** By when it happened: a late scan finds its place lower down. */
function drawTimeline(fresh) {
  byId("timeline").replaceChildren(
    ...shownEntries().map((entry) =>
      el(
        "li",
        {
          "data-tone": words.events[entry.type].tone,
          class: fresh.has(entry.sequence) ? "fresh" : null,
        },
        el("b", {}, words.events[entry.type].title),
        time(entry.time),
        entry.note ? el("p", {}, entry.note) : null,
      ),
    ),
  );
}

function drawAside() {
  const a = order.shipping_address;
  const lines = [a.name, a.line1, a.line2, `${a.city} ${a.pincode}`, a.state].filter(Boolean);
  byId("address").replaceChildren(...lines.flatMap((line, i) => (i ? [el("br"), line] : [line])));
  const names = new Map(order.lines.map((line) => [line.sku, line.name]));
  const units = ({ sku, quantity }) => `${names.get(sku) ?? sku} × ${quantity}`;
  byId("cancelled").replaceChildren(
    ...(order.line_cancellations ?? []).map((told) =>
      el("li", {}, el("span", {}, `Cancelled: ${told.lines.map(units).join(", ")}`),
        el("span", {}, rupees(-told.amount_paise))),
    ),
  );
  byId("refunds").replaceChildren(
    ...(order.refunds ?? [])
      .filter((refund) => words.refunds[refund.status])
      .map((refund) =>
        el("li", {}, el("span", {}, words.refunds[refund.status]),
          el("span", {}, rupees(refund.amount_paise))),
      ),
  );
}

function draw(fresh = new Set()) {
  drawHero();
  drawLine();
  drawLatest(fresh.size > 0);
  drawParcels();
  drawTimeline(fresh);
  drawAside();
  drawActions(order, words, refreshed);
}

/** What was done here is seen as soon as the order says so itself. */
function refreshed(text) {
  announce(text);
}

// --- the connection is content, too ----------------------------------------------------------------

const ENDINGS = {
  token: "Your visit has ended. Open the link from your mail again.",
  revoked: "This link is no longer valid. Open the newest one from your mail.",
  connections: "This page is open in too many windows. Close one and reload.",
  not_found: "This order cannot be shown any more.",
};
const MARKS = {
  connecting: "Updating…", live: "Live", polling: "Every few seconds", waiting: "Reconnecting…",
  ended: "Not live",
};
let linkState = ["connecting"];

function drawLink() {
  const [name, detail] = linkState;
  byId("link").dataset.state = name;
  byId("link").lastElementChild.textContent = MARKS[name];
  const banner = byId("banner");
  banner.dataset.state = name;
  const last = ago(new Date(lastNews).toISOString());
  if (name === "ended") banner.textContent = ENDINGS[detail] ?? "Please reload this page.";
  else if (away) banner.textContent = `The connection is lost. We are reconnecting. Last update ${last}.`;
  banner.hidden = !(name === "ended" || (away && name !== "live" && name !== "polling"));
}

function announce(text) {
  byId("announce").textContent = text;
}

let missed = [];

/** What happened meanwhile, all at once and on top: nobody should have to search for it. */
function drawMissed(events) {
  missed.push(...events.filter((event) => words.events[event.type]));
  if (!missed.length) return;
  const count = missed.length === 1 ? "one thing" : `${missed.length} things`;
  byId("missed-title").textContent = `While you were away, ${count} happened`;
  byId("missed-list").replaceChildren(
    ...missed
      .map((event) => titled({ type: event.type, note: noteOf(event.data) }))
      .map((text) => el("li", {}, text)),
  );
  byId("missed").hidden = false;
  clearTimeout(drawMissed.timer);
  drawMissed.timer = setTimeout(() => {
    byId("missed").hidden = true;
    missed = [];
  }, 30000);
}

setInterval(() => {
  drawLink();
  drawHero();
  drawLatest(false);
}, 20000);
drawLatest(false);
drawActions(order, words, refreshed);

follow({
  orderId: order.order_id,
  since: state.since,
  on: {
    snapshot(snapshot, mode) {
      order = snapshot;
      entries = [];
      lastNews = Date.now();
      draw();
      announce(words.statuses[order.status].title);
      // The past has changed: begin from its new telling, but never in a circle.
      if (mode === "reset" && performance.now() > 10000) location.reload();
    },
    events(events, whileAway) {
      const before = order.status;
      events.forEach(fold);
      lastNews = Date.now();
      draw(new Set(events.map((event) => event.sequence)));
      if (whileAway && away) drawMissed(events);
      const said = words.events[events.at(-1).type]?.title;
      if (order.status !== before) announce(words.statuses[order.status].title);
      else if (said) announce(said);
    },
    live() {
      lastNews = Date.now();
      away = false;
    },
    state(...now) {
      if (now[0] === "waiting") away = true;
      linkState = now;
      drawLink();
    },
  },
});
