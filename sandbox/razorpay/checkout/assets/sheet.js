// The page inside the payment sheet's frame. It talks to the shop's page only through messages.
(() => {
  "use strict";

  const POLL_MS = 600;
  const DONE_MS = 1100;
  const $ = (id) => document.getElementById(id);
  const pay = $("pay");
  let options = {};
  let shop = "*"; // The shop's origin is unknown until its first message.
  let method = "upi";
  let paymentId;

  const tell = (type, data) => parent.postMessage({ type, data }, shop);

  async function call(method, path, body) {
    const answer = await fetch(`/_sheet/${path}`, {
      method,
      headers: { "content-type": "application/json" },
      body: body && JSON.stringify(body),
    });
    return answer.json();
  }

  function show(step) {
    for (const one of document.querySelectorAll(".step")) one.hidden = one.id !== `step-${step}`;
    document.querySelector(`#step-${step} input:not([hidden]), #step-${step} .main`)?.focus();
  }

  const rupees = (paise) =>
    new Intl.NumberFormat("en-IN", { style: "currency", currency: "INR" }).format(paise / 100);

  function dress() {
    $("merchant").textContent = options.name || "Shop";
    $("initial").textContent = (options.name || "S").trim()[0].toUpperCase();
    $("description").textContent = options.description || "";
    if (CSS.supports("color", options.theme?.color || "")) {
      document.documentElement.style.setProperty("--brand", options.theme.color);
    }
    if (options.image) {
      $("image").src = options.image;
      $("image").onload = () => { $("image").hidden = false; $("initial").hidden = true; };
    }
    const payer = [options.prefill?.name, options.prefill?.contact || options.prefill?.email];
    $("payer").textContent = `Paying as ${payer.filter(Boolean).join(" · ")}`;
    $("payer").hidden = !payer.some(Boolean);
  }

  async function open(given) {
    options = given;
    dress();
    const order = await call("POST", "orders", { key: options.key, order_id: options.order_id });
    if (order.error) return fail({ ...order.error, metadata: { order_id: options.order_id } }, false);
    $("amount").textContent = rupees(order.amount);
    $("submit").textContent = `Pay ${rupees(order.amount)}`;
    fill(pay.elements.bank, order.banks);
    fill(pay.elements.wallet, order.wallets);
    choose(["upi", "card", "netbanking", "wallet"].includes(options.prefill?.method) ? options.prefill.method : "upi");
    if (options.prefill?.vpa) pay.elements.vpa.value = options.prefill.vpa;
    show("pay");
  }

  function fill(select, choices) {
    select.replaceChildren(...Object.entries(choices).map(([value, text]) => new Option(text, value)));
  }

  function choose(chosen) {
    method = chosen;
    for (const tab of document.querySelectorAll("[role=tab]")) {
      tab.setAttribute("aria-selected", String(tab.dataset.method === method));
      tab.tabIndex = tab.dataset.method === method ? 0 : -1;
    }
    for (const group of document.querySelectorAll("[data-fields]")) group.hidden = group.dataset.fields !== method;
    complain("");
  }

  function complain(text, field) {
    $("problem").textContent = text;
    $("problem").hidden = !text;
    const name = (field || "").replace(/^card\[(.*)\]$/, "$1");
    for (const input of pay.querySelectorAll("input")) input.setAttribute("aria-invalid", String(input.name === name));
    if (name) pay.elements[name]?.focus();
  }

  async function start(event) {
    event.preventDefault();
    complain("");
    const form = Object.fromEntries(new FormData(pay));
    $("submit").disabled = true;
    const started = await call("POST", "payments", {
      key: options.key, order_id: options.order_id, method,
      vpa: form.vpa, bank: form.bank, wallet: form.wallet,
      card: { number: form.number, expiry: form.expiry, cvv: form.cvv },
      email: options.prefill?.email, contact: options.prefill?.contact,
    });
    $("submit").disabled = false;
    if (started.error) return complain(started.error.description, started.error.field);
    paymentId = started.payment_id;
    if (started.next === "otp") {
      $("last4").textContent = `•••• ${form.number.replace(/\D/g, "").slice(-4)}`;
      $("otp").reset();
      return show("otp");
    }
    const where = { upi: ["Approve in your UPI app", `A request was sent to ${form.vpa}.`] }[method];
    $("wait-title").textContent = where?.[0] || "Waiting for your bank";
    $("wait-text").textContent = where?.[1] || "This takes a moment. Please do not close the sheet.";
    show("wait");
    poll(paymentId);
  }

  async function poll(id) {
    if (id !== paymentId) return;
    const answer = await call("GET", `payments/${id}`);
    if (id !== paymentId) return;
    if (answer.status === "created") setTimeout(() => poll(id), POLL_MS);
    else conclude(answer);
  }

  async function confirm(event) {
    event.preventDefault();
    conclude(await call("POST", `payments/${paymentId}/otp`, { otp: $("otp").elements.otp.value.trim() }));
  }

  async function cancel() {
    if (!paymentId) return;
    conclude(await call("POST", `payments/${paymentId}/cancel`, {}));
  }

  function conclude(answer) {
    paymentId = undefined;
    if (!answer.razorpay_signature) return fail(answer.error, true);
    const { razorpay_payment_id, razorpay_order_id, razorpay_signature } = answer;
    $("done-id").textContent = razorpay_payment_id;
    show("done");
    setTimeout(() => tell("success", { razorpay_payment_id, razorpay_order_id, razorpay_signature }), DONE_MS);
  }

  function fail(error, retriable) {
    $("failed-text").textContent = error.description;
    $("retry").hidden = !retriable || options.retry?.enabled === false;
    show("failed");
    tell("failed", error);
  }

  async function askClose() {
    if ($("step-done").hidden === false) return;
    if (options.modal?.confirm_close && !window.confirm("Leave without paying?")) return;
    if (paymentId) {
      const id = paymentId;
      paymentId = undefined;
      await call("POST", `payments/${id}/cancel`, {});
    }
    tell("dismiss");
  }

  function group(input, size, glue, digits) {
    const text = input.value.replace(/\D/g, "").slice(0, digits);
    input.value = text.match(new RegExp(`.{1,${size}}`, "g"))?.join(glue) || "";
  }

  pay.addEventListener("submit", start);
  $("otp").addEventListener("submit", confirm);
  $("close").addEventListener("click", askClose);
  $("leave").addEventListener("click", askClose);
  $("retry").addEventListener("click", () => { complain(""); show("pay"); });
  pay.elements.number.addEventListener("input", (event) => group(event.target, 4, " ", 19));
  pay.elements.expiry.addEventListener("input", (event) => group(event.target, 2, " / ", 4));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && options.modal?.escape !== false) askClose();
  });
  document.addEventListener("click", ({ target }) => {
    const { method: chosen, fill: name, value, card, cancel: abandoned } = target.dataset || {};
    if (chosen) choose(chosen);
    if (name) pay.elements[name].value = value;
    if (card) {
      pay.elements.number.value = card;
      pay.elements.expiry.value ||= `12 / ${String(new Date().getFullYear() + 3).slice(2)}`;
      pay.elements.cvv.value ||= "123";
    }
    if (abandoned !== undefined) cancel();
    if (target === document.body && options.modal?.backdropclose) askClose();
  });
  addEventListener("message", ({ source, origin, data }) => {
    if (source !== parent) return;
    shop = origin === "null" ? "*" : origin;
    if (data.type === "open") open(data.data);
    if (data.type === "ask-close") askClose();
  });
  tell("ready");
})();
