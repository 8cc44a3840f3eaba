/** The ops wall: keeps the newest state of all orders on the screen, and how much moves. */

import { watchWall } from "./live.js";

const { words } = JSON.parse(document.getElementById("state").textContent);
const byId = (id) => document.getElementById(id);
const MOST_ROWS = 80;
const OPEN = [
  "pending_payment", "confirmed", "packed", "shipped", "out_for_delivery", "delivery_failed",
  "delivered", "return_requested", "returning_to_origin",
];
const orders = new Map();
let figures = null;
let filter = new URLSearchParams(location.search).get("show") ?? "all";
let fresh = new Set();

const grouping = new Intl.NumberFormat("en-IN");
const clock = new Intl.DateTimeFormat("en-GB", {
  timeZone: "Asia/Kolkata", hour: "numeric", minute: "2-digit", second: "2-digit", hour12: false,
});
const dayOf = new Intl.DateTimeFormat("en-GB", {
  timeZone: "Asia/Kolkata", weekday: "short", day: "numeric", month: "short",
});

function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

const statusOf = (status) => words.statuses[status] ?? { title: status, tone: "plain" };
const stuck = (order) => order.attention.length > 0;
const wanted = (order) =>
  filter === "all" || (filter === "attention" ? stuck(order) : order.status === filter);

function seconds(ms) {
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
}

function tile(value, title, tone) {
  return el("div", { class: "tile", "data-tone": tone }, el("b", {}, String(value)), el("span", {}, title));
}

function drawFigures() {
  if (!figures) return;
  const { open, lag_ms: lag } = figures;
  const total = Object.entries(open).reduce((sum, [name, n]) => sum + (name === "attention" ? 0 : n), 0);
  const attention = open.attention ?? 0;
  byId("tiles").replaceChildren(
    tile(grouping.format(total), "open orders", "good"),
    tile(attention, "need somebody", attention ? "bad" : null),
    tile(figures.placed_per_min, "placed a minute", null),
    tile(figures.delivered_per_min, "delivered a minute", "done"),
    tile(figures.events_per_min, "events a minute", null),
    tile(lag ? seconds(lag.p50) : "–", "lag, median", lag && lag.p50 > 1000 ? "wait" : null),
    tile(lag ? seconds(lag.p99) : "–", "lag, 99th of 100", lag && lag.p99 > 1000 ? "wait" : null),
  );
  drawSpark(figures.events_by_minute);
}

function drawSpark(counts) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 300 40");
  svg.setAttribute("preserveAspectRatio", "none");
  const most = Math.max(1, ...counts);
  const shown = [...Array(30 - counts.length).fill(0), ...counts];
  shown.forEach((count, i) => {
    const bar = document.createElementNS(svg.namespaceURI, "rect");
    const height = Math.max(1, (count / most) * 40);
    for (const [name, value] of Object.entries({ x: i * 10 + 1, y: 40 - height, width: 8, height })) {
      bar.setAttribute(name, value);
    }
    svg.append(bar);
  });
  byId("spark").replaceChildren(svg);
  byId("spark").setAttribute("aria-label", `Events per minute: now ${counts.at(-1)}, at most ${most}`);
}

function drawFilters() {
  const counts = figures?.open ?? {};
  const chips = [
    ["all", "All", null, orders.size], ["attention", "Needs somebody", "bad", counts.attention ?? 0],
    ...OPEN.map((status) => [status, statusOf(status).title, statusOf(status).tone, counts[status] ?? 0]),
  ];
  const active = document.activeElement?.dataset?.filter;
  byId("filters").replaceChildren(
    ...chips.map(([name, title, tone, count]) => {
      const button = el(
        "button",
        { type: "button", "data-tone": tone, "data-filter": name, "aria-pressed": String(filter === name) },
        title, el("b", {}, grouping.format(count)),
      );
      button.onclick = () => {
        filter = name;
        rowsChanged = true;
        history.replaceState(null, "", name === "all" ? "/wall" : `/wall?show=${name}`);
        draw();
      };
      return button;
    }),
  );
  if (active) byId("filters").querySelector(`[data-filter="${active}"]`)?.focus();
}

function parcelsOf(order) {
  return order.parcels.map(({ number, state, courier }) =>
    el("div", {}, `${number} · ${words.parcels[state]?.title ?? state}`, courier ? el("small", {}, courier) : null));
}

function rowOf(order) {
  const said = statusOf(order.status);
  const over = ["delivered", "completed", "cancelled", "expired"].includes(order.status);
  const late = order.promised_by && !over && Date.parse(order.promised_by) < Date.now();
  const needs = order.attention.map(({ reason, suggestion }) =>
    el("div", { class: "need" }, suggestion || reason));
  return el(
    "tr",
    { class: [stuck(order) && "stuck", fresh.has(order.order_id) && "moved"].filter(Boolean).join(" ") || null },
    el("td", {}, el("code", {}, order.order_id), el("small", {}, `${order.items} item${order.items === 1 ? "" : "s"}`)),
    el("td", { "data-tone": said.tone }, el("span", { class: "status" }, said.title), ...needs),
    el("td", {}, ...parcelsOf(order)),
    el("td", {}, order.city),
    el("td", { class: "number" }, `₹${grouping.format(Math.round(order.total_paise / 100))}`),
    el("td", {}, words.payments[order.payment_status] ?? order.payment_status),
    el("td", { class: late ? "late" : null }, order.promised_by ? dayOf.format(new Date(order.promised_by)) : "–"),
    el("td", {}, clock.format(new Date(order.as_of))),
  );
}

function drawRows() {
  const shown = [...orders.values()]
    .filter(wanted)
    .sort((a, b) => stuck(b) - stuck(a) || Date.parse(b.as_of) - Date.parse(a.as_of))
    .slice(0, MOST_ROWS);
  byId("rows").replaceChildren(...shown.map(rowOf));
  byId("empty").hidden = shown.length > 0;
  byId("empty").textContent = filter === "all" ? "Nothing has moved yet." : "There is nothing of this kind.";
}

let wantsDrawing = false;
let rowsChanged = true;

/** At most once a frame, however much moves. */
function draw() {
  if (wantsDrawing) return;
  wantsDrawing = true;
  requestAnimationFrame(() => {
    wantsDrawing = false;
    drawFigures();
    drawFilters();
    if (rowsChanged) drawRows();
    rowsChanged = false;
    fresh = new Set();
  });
}

function take({ orders: rows, figures: newest }, isNews) {
  for (const row of rows) {
    if (isNews && stuck(row) && !stuck(orders.get(row.order_id) ?? { attention: [] })) {
      byId("announce").textContent = `${row.order_id} needs somebody`;
    }
    orders.set(row.order_id, row);
    if (isNews) fresh.add(row.order_id);
  }
  figures = newest;
  rowsChanged ||= rows.length > 0 || !isNews;
  draw();
}

const MARKS = {
  connecting: "Connecting…", live: "Live", waiting: "Reconnecting…",
  ended: "Not live: sign in once more, then reload",
};

watchWall({
  on: {
    board(board) {
      orders.clear();
      take(board, false);
    },
    changes: (changes) => take(changes, true),
    state(name) {
      byId("link").dataset.state = name;
      byId("link").lastElementChild.textContent = MARKS[name] ?? name;
    },
  },
});
