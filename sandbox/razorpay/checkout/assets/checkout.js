// The sandbox's counterpart of Razorpay's checkout.js: the same constructor, methods and callbacks.
// A shop page works against either by changing the address of this script.
(() => {
  "use strict";

  const origin = new URL(document.currentScript.src).origin;

  // What a frame can be told: callbacks and nodes stay on the shop's side.
  const plain = (options) => JSON.parse(JSON.stringify(options));

  class Razorpay {
    constructor(options) {
      if (!options || !options.key) {
        throw new Error("No key passed: give the options a key");
      }
      this.options = options;
      this.listeners = {};
      this.onMessage = this.onMessage.bind(this);
      this.onKey = this.onKey.bind(this);
    }

    on(name, callback) {
      (this.listeners[name] ||= []).push(callback);
      return this;
    }

    open() {
      if (this.backdrop) return this;
      this.opener = document.activeElement;
      this.backdrop = this.buildBackdrop();
      this.frame = this.backdrop.firstChild;
      document.body.append(this.backdrop);
      this.lockPage();
      addEventListener("message", this.onMessage);
      addEventListener("keydown", this.onKey);
      if (this.options.timeout) {
        this.timer = setTimeout(() => this.dismiss("timeout"), this.options.timeout * 1000);
      }
      return this;
    }

    close() {
      if (!this.backdrop) return;
      clearTimeout(this.timer);
      removeEventListener("message", this.onMessage);
      removeEventListener("keydown", this.onKey);
      this.backdrop.remove();
      this.backdrop = this.frame = undefined;
      this.unlockPage();
    }

    buildBackdrop() {
      const backdrop = document.createElement("div");
      backdrop.className = "razorpay-container";
      backdrop.style.cssText =
        "position:fixed;inset:0;z-index:2147483647;background:rgb(15 23 42 / .6);" +
        "-webkit-backdrop-filter:blur(3px);backdrop-filter:blur(3px)";
      const colour = this.options.theme?.backdrop_color;
      if (colour) backdrop.style.background = colour;
      const frame = document.createElement("iframe");
      frame.className = "razorpay-checkout-frame";
      frame.title = "Payment sheet";
      frame.allow = "payment";
      // A frame is see-through only while its scheme is that of its document, which is light.
      frame.style.cssText = "width:100%;height:100%;border:0;background:none;color-scheme:light";
      frame.src = `${origin}/_sheet`;
      backdrop.append(frame);
      return backdrop;
    }

    // While the sheet is open nothing behind it can be scrolled, clicked, reached with Tab or read.
    lockPage() {
      this.overflow = document.body.style.overflow;
      document.body.style.overflow = "hidden";
      this.behind = [...document.body.children].filter((one) => one !== this.backdrop && !one.inert);
      for (const one of this.behind) one.inert = true;
    }

    unlockPage() {
      document.body.style.overflow = this.overflow;
      for (const one of this.behind) one.inert = false;
      this.opener?.focus?.();
    }

    onMessage(event) {
      if (event.origin !== origin || event.source !== this.frame?.contentWindow) return;
      const { type, data } = event.data;
      if (type === "ready") this.tell("open", { ...plain(this.options), dark: this.dark });
      if (type === "success") this.succeed(data);
      if (type === "failed") this.fail(data);
      if (type === "dismiss") this.dismiss(data);
    }

    get dark() {
      return matchMedia("(prefers-color-scheme: dark)").matches;
    }

    tell(type, data) {
      this.frame.contentWindow.postMessage({ type, data }, origin);
      if (type === "open") this.frame.focus();
    }

    onKey(event) {
      if (event.key === "Escape" && this.options.modal?.escape !== false) this.tell("ask-close");
    }

    succeed(response) {
      const { handler, callback_url: callback, redirect } = this.options;
      this.close();
      if (callback && (redirect || !handler)) this.postBack(response);
      else handler?.(response);
    }

    fail(error) {
      this.emit("payment.failed", { error });
      const { callback_url: callback, redirect } = this.options;
      if (!callback || !redirect) return;
      const fields = Object.entries(error).map(([name, value]) => [
        `error[${name}]`,
        typeof value === "object" ? JSON.stringify(value) : value,
      ]);
      this.close();
      this.postBack(Object.fromEntries(fields));
    }

    dismiss(reason) {
      this.close();
      this.options.modal?.ondismiss?.(reason);
    }

    postBack(fields) {
      const form = document.createElement("form");
      form.method = "POST";
      form.action = this.options.callback_url;
      for (const [name, value] of Object.entries(fields)) {
        const input = document.createElement("input");
        input.type = "hidden";
        input.name = name;
        input.value = value;
        form.append(input);
      }
      document.body.append(form);
      form.submit();
    }

    emit(name, data) {
      for (const callback of this.listeners[name] || []) callback(data);
    }
  }

  window.Razorpay = Razorpay;
})();
