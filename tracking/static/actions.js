/** What the state of the order allows: asked in a dialog, done at the API with a pass of this order. */

const byId = (id) => document.getElementById(id);

function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}

/** As in actions.py. */
function offered(order, words) {
  const states = (order.shipments ?? []).map((parcel) => parcel.state);
  return words.actions.filter(
    ({ statuses, parcels }) =>
      statuses.includes(order.status) &&
      (!states.length || !parcels.length || states.some((state) => parcels.includes(state))),
  );
}

export function drawActions(order, words, done) {
  const documents = order.documents ?? [];
  byId("documents").replaceChildren(
    ...documents.map(({ number, kind }) => {
      const href = `/orders/${order.order_id}/documents/${number.split("/").map(encodeURIComponent).join("/")}`;
      const title = words.documents[kind] ?? "Document";
      return el("li", {}, el("a", { class: "button", href }, `${title} `, el("span", {}, `${number} · PDF`)));
    }),
  );
  const actions = offered(order, words);
  byId("actions").replaceChildren(
    ...actions.map((action) => {
      const button = el("button", { type: "button", "data-tone": action.tone, "data-action": action.name }, action.title);
      button.onclick = () => ask(order, action, done);
      return button;
    }),
  );
  byId("actions-section").hidden = !documents.length && !actions.length;
  const open = byId("dialog").dataset.action;
  if (byId("dialog").open && open && !actions.some(({ name }) => name === open)) byId("dialog").close();
}

function inputOf({ name, label, options, most }) {
  const id = `field-${name}`;
  const input = options.length
    ? el("select", { id, name }, ...options.map(([value, title]) => el("option", { value }, title)))
    : el("input", { id, name, maxlength: most, required: "" });
  return [el("label", { for: id }, label), input];
}

function ask(order, action, done) {
  const dialog = byId("dialog");
  const problem = el("p", { class: "problem", role: "alert" });
  const keep = el("button", { type: "button", class: "quiet" }, "Go back");
  const go = el("button", { type: "submit", "data-tone": action.tone }, action.confirm);
  const form = el(
    "form", {}, el("h2", { id: "dialog-title" }, action.question), el("p", {}, action.explains),
    ...action.fields.flatMap(inputOf), problem, el("div", { class: "row" }, keep, go),
  );
  // One key for the whole dialog: pressed twice, or sent again after a lost answer, it is done once.
  const key = crypto.randomUUID?.() ?? String(Math.random()).slice(2);
  keep.onclick = () => dialog.close();
  form.onsubmit = async (event) => {
    event.preventDefault();
    go.disabled = true;
    problem.textContent = "";
    try {
      const said = await send(order, action, Object.fromEntries(new FormData(form)), key);
      dialog.close();
      done(said);
    } catch (error) {
      problem.textContent = error.message;
      go.disabled = false;
    }
  };
  dialog.dataset.action = action.name;
  dialog.replaceChildren(form);
  dialog.showModal();
}

const AWAY = "There is no connection right now. Please try again in a moment.";

async function send(order, action, fields, key) {
  let answer;
  try {
    const pass = await fetch(`/orders/${order.order_id}/pass`, { method: "POST" });
    if (!pass.ok) throw new TypeError();
    const { token, api_url: api } = await pass.json();
    answer = await fetch(`${api}/orders/${order.order_id}${action.path}`, {
      method: "POST",
      headers: {
        Authorization: `Bearer ${token}`, "Content-Type": "application/json", "Idempotency-Key": key,
      },
      body: JSON.stringify(fields),
    });
  } catch {
    throw new Error(AWAY);
  }
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(said.detail ?? said.title ?? "That did not work. Please try again.");
  return said.message || "Done";
}
