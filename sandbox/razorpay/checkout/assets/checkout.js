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
      const backdrop = document.createElement("div");
      backdrop.className = "razorpay-container";
      backdrop.style.cssText =
        "position:fixed;inset:0;z-index:2147483647;background:rgb(15 23 42 / .6);" +
        "-webkit-backdrop-filter:blur(2px);backdrop-filter:blur(2px)";
      const frame = document.createElement("iframe");
      frame.className = "razorpay-checkout-frame";
      frame.title = "Payment sheet";
      frame.allow = "payment";
      frame.style.cssText = "width:100%;height:100%;border:0;background:transparent;color-scheme:normal";
      frame.src = `${origin}/_sheet`;
      backdrop.append(frame);
      document.body.append(backdrop);
      this.overflow = document.body.style.overflow;
      document.body.style.overflow = "hidden";
      this.backdrop = backdrop;
      this.frame = frame;
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
      document.body.style.overflow = this.overflow;
    }

    onMessage(event) {
      if (event.origin !== origin || event.source !== this.frame?.contentWindow) return;
      const { type, data } = event.data;
      if (type === "ready") this.frame.contentWindow.postMessage({ type: "open", data: plain(this.options) }, origin);
      if (type === "success") this.succeed(data);
      if (type === "failed") this.emit("payment.failed", { error: data });
      if (type === "dismiss") this.dismiss(data);
    }

    onKey(event) {
      if (event.key === "Escape" && this.options.modal?.escape !== false) {
        this.frame.contentWindow.postMessage({ type: "ask-close" }, origin);
      }
    }

    succeed(response) {
      this.close();
      if (this.options.handler) this.options.handler(response);
      else if (this.options.callback_url) this.postBack(response);
    }

    dismiss(reason) {
      this.close();
      this.options.modal?.ondismiss?.(reason);
    }

    postBack(response) {
      const form = document.createElement("form");
      form.method = "POST";
      form.action = this.options.callback_url;
      for (const [name, value] of Object.entries(response)) {
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
