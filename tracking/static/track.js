/** Keeps the customer's page true: folds events into the order and redraws what has changed. */

import { follow } from "./live.js";

const state = JSON.parse(document.getElementById("state").textContent);
const { words } = state;
let { order, entries } = state;
let lastNews = Date.now();

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

function noteOf({ payment, refund, document, cancellation, address, shipment }) {
  let said = [];
  if (payment) {
    const method = words.methods[payment.method] ?? payment.method;
    said = [rupees(payment.amount_paise), method, payment.reason];
  } else if (refund) said = [rupees(refund.amount_paise)];
  else if (document) said = [document.number];
  else if (cancellation) said = [cancellation.reason];
  else if (address) said = [address.city];
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

function drawHero() {
  const said = words.statuses[order.status];
  byId("hero").dataset.tone = said.tone;
  byId("title").textContent = said.title;
  byId("next-step").textContent = said.next;
  const promise = byId("promise");
  promise.hidden = !order.promised_by || words.ended.includes(order.status);
  promise.textContent = promise.hidden ? "" : `Expected by ${day(order.promised_by)}`;
  document.title = `${said.title} · order tracking`;
  byId("payment").textContent = words.payments[order.payment_status];
}

function drawLine() {
  const times = new Map();
  for (const entry of entries) {
    for (let stage = 0; stage <= words.statuses[entry.status].stage; stage += 1) {
      if (!times.has(stage)) times.set(stage, entry.time);
    }
  }
  const last = Math.max(words.statuses[order.status].stage, ...times.keys());
  byId("line").replaceChildren(
    ...words.stages.map((name, stage) =>
      el(
        "li",
        {
          class: stage === last ? "now" : stage < last ? "done" : "ahead",
          "aria-current": stage === last ? "step" : null,
        },
        el("b", {}, name),
        time(times.get(stage)),
      ),
    ),
  );
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

function parcelOf(parcel) {
  const said = words.parcels[parcel.state] ?? { title: parcel.state, tone: "plain" };
  const names = new Map(order.lines.map((line) => [line.sku, line.name]));
  const expected = parcel.promised_by && !ENDED_PARCELS.includes(parcel.state);
  return el(
    "article",
    { class: "card parcel" },
    el(
      "header",
      {},
      el("h3", {}, `Parcel ${parcel.number}`),
      el("p", { class: "chip", "data-tone": said.tone }, said.title),
    ),
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
}

function drawParcels() {
  const parcels = order.shipments ?? [];
  byId("parcels-section").hidden = !parcels.length;
  byId("parcels-title").textContent =
    parcels.length < 2 ? "Your parcel" : `Your ${parcels.length} parcels`;
  byId("parcels").replaceChildren(...parcels.map(parcelOf));
}

/** By when it happened: a late scan finds its place lower down. */
function drawTimeline(fresh) {
  const shown = entries
    .filter((entry) => words.events[entry.type])
    .sort((a, b) => Date.parse(b.time) - Date.parse(a.time) || b.sequence - a.sequence);
  byId("timeline").replaceChildren(
    ...shown.map((entry) =>
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

function drawAddress() {
  const a = order.shipping_address;
  const lines = [a.name, a.line1, a.line2, `${a.city} ${a.pincode}`, a.state].filter(Boolean);
  byId("address").replaceChildren(...lines.flatMap((line, i) => (i ? [el("br"), line] : [line])));
}

function draw(fresh = new Set()) {
  drawHero();
  drawLine();
  drawParcels();
  drawTimeline(fresh);
  drawAddress();
}

// --- the connection is content, too ----------------------------------------------------------------

const ENDINGS = {
  token: "Visit ended: open the link from your mail again",
  connections: "Open in too many windows",
  not_found: "This order is not yours",
};
let linkState = ["connecting"];

function ago() {
  const minutes = Math.floor((Date.now() - lastNews) / 60000);
  return minutes < 1 ? "moments ago" : `${minutes} min ago`;
}

function drawLink() {
  const [name, detail] = linkState;
  const said = {
    connecting: "Updating…",
    live: "Live",
    waiting: `Reconnecting, last update ${ago()}`,
    ended: ENDINGS[detail] ?? "Please reload this page",
  };
  byId("link").dataset.state = name;
  byId("link").lastElementChild.textContent = said[name];
}

function announce(text) {
  byId("announce").textContent = text;
}

setInterval(drawLink, 20000);

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
    events(events) {
      const before = order.status;
      events.forEach(fold);
      lastNews = Date.now();
      draw(new Set(events.map((event) => event.sequence)));
      const said = words.events[events.at(-1).type]?.title;
      if (order.status !== before) announce(words.statuses[order.status].title);
      else if (said) announce(said);
    },
    live() {
      lastNews = Date.now();
    },
    state(...now) {
      linkState = now;
      drawLink();
    },
  },
});
