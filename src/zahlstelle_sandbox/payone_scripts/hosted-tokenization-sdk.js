// The part of PAYONE's HostedTokenizationSdk that merchants call: made after its callers, not after its source.
(() => {
  const origin = new URL(document.currentScript.src).origin;
  let frame;
  let waiting;

  window.addEventListener("message", (event) => {
    if (!frame || event.origin !== origin || event.source !== frame.contentWindow || !waiting) return;
    const { success, failure } = waiting;
    waiting = undefined;
    if (event.data.token) {
      const details = { cardNumber: event.data.cardNumber, cardType: event.data.cardType };
      success(201, event.data.token, details, "manual");
    } else {
      failure(400, { error: event.data.error });
    }
  });

  window.HostedTokenizationSdk = {
    async init() {},
    getPaymentPage(options, told) {
      frame = document.createElement("iframe");
      frame.src = `${origin}/payone/fields?${new URLSearchParams({ pass: options.token, lang: options.locale })}`;
      frame.title = options.locale === "en" ? "Card details" : "Kartendaten";
      frame.height = options.iframe.height;
      frame.width = options.iframe.width;
      frame.addEventListener("load", () => told("ReadyToPay", 0), { once: true });
      document.getElementById(options.iframe.iframeWrapperId).replaceChildren(frame);
    },
    submitForm(success, failure) {
      waiting = { success, failure };
      frame.contentWindow.postMessage("submit", origin);
    },
  };
})();
