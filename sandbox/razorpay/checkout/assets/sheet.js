// The page inside the payment sheet's frame. It talks to the shop's page only through messages.
(() => {
  "use strict";

  const POLL_MS = 600;
  const DONE_MS = 800;
  const METHODS = ["upi", "card", "netbanking", "wallet"];
  const NETWORKS = [
    ["Visa", /^4/],
    ["RuPay", /^(60|65|81|82|508)/],
    ["Amex", /^3[47]/],
    ["Diners", /^3(0|6|8)/],
    ["MasterCard", /^(5[1-5]|2[2-7])/],
  ];
  const $ = (id) => document.getElementById(id);
  const all = (selector) => document.querySelectorAll(selector);
  const pay = $("pay");
  let options = {};
  let shop = "*"; // The shop's origin is unknown until its first message.
  let method = "upi";
  let paymentId;
  let step = "load";
  let before = "pay";

  const tell = (type, data) => parent.postMessage({ type, data }, shop);

  async function call(verb, path, body) {
    try {
      const answer = await fetch(`/_sheet/${path}`, {
        method: verb,
        headers: { "content-type": "application/json" },
        body: body && JSON.stringify(body),
      });
      return await answer.json();
    } catch {
      return { error: { code: "SERVER_ERROR", reason: "network", description: "No connection. Check yours and try again." } };
    }
  }

  function show(next) {
    step = next;
    for (const one of all(".step")) one.hidden = one.id !== `step-${next}`;
    const within = $(`step-${next}`);
    const wanted = next === "pay" ? `#tab-${method}` : "input, .main, button";
    within.querySelector(wanted)?.focus();
  }

  const rupees = (paise) =>
    new Intl.NumberFormat("en-IN", { style: "currency", currency: "INR" }).format(paise / 100);

  // Dark letters on a light brand colour: WCAG's luminance, with its threshold of equal contrast.
  function letterColour(css) {
    const probe = document.createElement("canvas").getContext("2d");
    probe.fillStyle = css;
    const channels = probe.fillStyle.match(/[\da-f]{2}/gi)?.map((hex) => parseInt(hex, 16) / 255) || [0, 0, 0];
    const [red, green, blue] = channels.map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#0b1220" : "#fff";
  }

  function dress() {
    const style = document.documentElement.style;
    document.documentElement.toggleAttribute("data-dark", Boolean(options.dark));
    $("merchant").textContent = options.name || "Shop";
    $("initial").textContent = (options.name || "S").trim()[0].toUpperCase();
    $("description").textContent = options.description || "";
    if (CSS.supports("color", options.theme?.color || "")) {
      style.setProperty("--brand", options.theme.color);
      style.setProperty("--on-brand", letterColour(options.theme.color));
    }
    if (options.image) {
      $("image").src = options.image;
      $("image").onload = () => { $("image").hidden = false; $("initial").hidden = true; };
    }
    document.querySelector(".sheet").classList.toggle("still", options.modal?.animation === false);
    if (options.timeout) countDown(Date.now() + options.timeout * 1000);
    greet();
  }

  function greet() {
    const { name = "", contact = "", email = "" } = options.prefill || {};
    const payer = [name, contact || email].filter(Boolean);
    $("payer-text").textContent = payer.join(" · ");
    $("payer").hidden = !payer.length;
    pay.elements.name.value = name;
    for (const field of ["contact", "email"]) {
      const input = pay.elements[field];
      input.value = { contact, email }[field];
      input.readOnly = options.readonly?.[field] === true;
      input.parentElement.hidden = options.hidden?.[field] === true;
    }
    $("contact").hidden = ["contact", "email"].every((field) => options.hidden?.[field] === true);
    $("contact-text").textContent = contact || email ? `· ${contact || email}` : "(optional)";
  }

  function countDown(end) {
    const tick = () => {
      const seconds = Math.max(0, Math.ceil((end - Date.now()) / 1000));
      $("left-text").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    };
    $("left").hidden = false;
    tick();
    setInterval(tick, 1000);
  }

  async function open(given) {
    options = given;
    dress();
    const order = await call("POST", "orders", { key: options.key, order_id: options.order_id });
    if (order.error) return fail({ ...order.error, metadata: { order_id: options.order_id } }, false);
    $("amount").textContent = rupees(order.amount);
    $("submit").textContent = `Pay ${rupees(order.amount)}`;
    for (const [value, text] of Object.entries(order.apps)) $("apps").append(appChoice(value, text));
    fill(pay.elements.bank, order.banks);
    fill(pay.elements.wallet, order.wallets);
    if (options.prefill?.vpa) pay.elements.vpa.value = options.prefill.vpa;
    choose(METHODS.includes(options.prefill?.method) ? options.prefill.method : "upi");
    show("pay");
  }

  function appChoice(value, text) {
    const label = document.createElement("label");
    label.className = "choice";
    const input = Object.assign(document.createElement("input"), { type: "radio", name: "app", value });
    const span = Object.assign(document.createElement("span"), { textContent: text });
    label.append(input, span);
    return label;
  }

  function fill(select, choices) {
    select.replaceChildren(...Object.entries(choices).map(([value, text]) => new Option(text, value)));
  }

  function choose(chosen) {
    method = chosen;
    for (const tab of all("[role=tab]")) {
      const selected = tab.dataset.method === method;
      tab.setAttribute("aria-selected", String(selected));
      tab.tabIndex = selected ? 0 : -1;
    }
    for (const group of all("[data-fields]")) group.hidden = group.dataset.fields !== method;
    complain("");
  }

  function walkTabs(event) {
    const steps = { ArrowRight: 1, ArrowLeft: -1 };
    const at = METHODS.indexOf(method);
    const to = { Home: 0, End: METHODS.length - 1 }[event.key] ?? (event.key in steps ? at + steps[event.key] : at);
    const next = METHODS[(to + METHODS.length) % METHODS.length];
    if (next === method) return;
    event.preventDefault();
    choose(next);
    $(`tab-${next}`).focus();
  }

  function complain(text, field) {
    $("problem").textContent = text;
    $("problem").hidden = !text;
    const name = (field || "").replace(/^card\[(.*)\]$/, "$1");
    for (const input of pay.querySelectorAll("input")) input.setAttribute("aria-invalid", String(input.name === name));
    if (["contact", "email"].includes(name)) $("contact").open = true;
    if (name) pay.elements[name]?.focus?.();
  }

  async function start(event) {
    event.preventDefault();
    complain("");
    const form = Object.fromEntries(new FormData(pay));
    $("submit").disabled = true;
    const started = await call("POST", "payments", {
      key: options.key, order_id: options.order_id, method,
      app: form.app, vpa: form.vpa, bank: form.bank, wallet: form.wallet,
      card: { number: form.number, expiry: form.expiry, cvv: form.cvv, name: form.name },
      email: form.email, contact: form.contact,
    });
    $("submit").disabled = false;
    if (started.error) return complain(started.error.description, started.error.field);
    paymentId = started.payment_id;
    prepare(started.next, form);
    show(started.next);
    if (started.next === "wait") poll(paymentId);
  }

  function prepare(next, form) {
    if (next === "otp") {
      $("last4").textContent = `${$("network").textContent || "card"} •••• ${form.number.replace(/\D/g, "").slice(-4)}`;
      $("otp").reset();
    }
    if (next === "bank") {
      const select = pay.elements[method === "wallet" ? "wallet" : "bank"];
      $("bank-title").textContent = select.selectedOptions[0].textContent;
    }
    if (next === "wait") {
      const app = pay.querySelector("[name=app]:checked").nextElementSibling.textContent;
      $("wait-text").textContent = form.app ? `Open ${app} and approve the payment.` : `A request was sent to ${form.vpa}.`;
    }
  }

  async function poll(id) {
    if (id !== paymentId) return;
    const answer = await call("GET", `payments/${id}`);
    if (id !== paymentId) return;
    if (!answer.status || answer.status === "created") setTimeout(() => poll(id), POLL_MS);
    else conclude(answer);
  }

  async function confirm(event) {
    event.preventDefault();
    conclude(await call("POST", `payments/${paymentId}/otp`, { otp: $("otp").elements.otp.value.trim() }));
  }

  async function answerAtBank(outcome) {
    if (paymentId) conclude(await call("POST", `payments/${paymentId}/bank`, { outcome }));
  }

  async function cancel() {
    if (paymentId) conclude(await call("POST", `payments/${paymentId}/cancel`, {}));
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
    $("failed-reason").textContent = error.reason && error.reason !== "NA" ? error.reason : "";
    $("retry").hidden = !retriable || options.retry?.enabled === false;
    show("failed");
    tell("failed", error);
  }

  function askClose() {
    if (step === "done" || step === "leave") return;
    if (!options.modal?.confirm_close || step === "failed") return void leave();
    before = step;
    show("leave");
  }

  async function leave() {
    if (paymentId) {
      const id = paymentId;
      paymentId = undefined;
      await call("POST", `payments/${id}/cancel`, {});
    }
    tell("dismiss");
  }

  function group(input, sizes, glue) {
    const digits = input.value.replace(/\D/g, "");
    const parts = [];
    for (let at = 0, index = 0; at < digits.length && index < sizes.length; at += sizes[index], index += 1) {
      parts.push(digits.slice(at, at + sizes[index]));
    }
    input.value = parts.join(glue);
  }

  function writeCardNumber() {
    const input = pay.elements.number;
    const digits = input.value.replace(/\D/g, "");
    const network = NETWORKS.find(([, prefix]) => prefix.test(digits))?.[0] || "";
    group(input, network === "Amex" || network === "Diners" ? [4, 6, 5] : [4, 4, 4, 4, 3], " ");
    $("network").textContent = network;
  }

  function chooseApp() {
    const app = pay.querySelector("[name=app]:checked").value;
    for (const one of all("[data-needs-id]")) one.hidden = Boolean(app);
  }

  pay.addEventListener("submit", start);
  pay.addEventListener("change", chooseApp);
  $("otp").addEventListener("submit", confirm);
  $("close").addEventListener("click", askClose);
  $("leave").addEventListener("click", askClose);
  $("stay").addEventListener("click", () => show(before));
  $("leave-anyway").addEventListener("click", leave);
  $("retry").addEventListener("click", () => { complain(""); show("pay"); });
  document.querySelector("[role=tablist]").addEventListener("keydown", walkTabs);
  pay.elements.number.addEventListener("input", writeCardNumber);
  pay.elements.expiry.addEventListener("input", (event) => group(event.target, [2, 2], " / "));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && options.modal?.escape !== false) askClose();
  });
  document.addEventListener("click", ({ target }) => {
    const { fill: name, value, card, cancel: abandoned, bank } = target.dataset || {};
    const tab = target.closest?.("[role=tab]");
    if (tab) choose(tab.dataset.method);
    if (name) pay.elements[name].value = value;
    if (card) {
      pay.elements.number.value = card;
      pay.elements.expiry.value ||= `12 / ${String(new Date().getFullYear() + 3).slice(2)}`;
      pay.elements.cvv.value ||= "123";
      writeCardNumber();
    }
    if (bank) answerAtBank(bank);
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
