// The part of PAYONE's HostedTokenizationSdk that merchants call: made after its callers, not after its source.
(() => {
  const origin = new URL(document.currentScript.src).origin;
  const wrong = { card: 400, expired: 401 };
  let frame;
  let shown;
  let waiting;

  window.addEventListener("message", ({ origin: from, source, data }) => {
    if (!frame || from !== origin || source !== frame.contentWindow) return;
    if (data.height) frame.height = data.height;
    else if (data.ready || data.expired) told(data);
    else if (waiting) answered(data);
  });

  function told(data) {
    const tell = shown;
    shown = undefined;
    if (data.expired) tell?.(401, { error: "expired" });
    else tell?.("ReadyToPay", 0);
  }

  function answered({ token, mode, error, ...details }) {
    const { success, failure } = waiting;
    waiting = undefined;
    if (token) success(201, token, details, mode);
    else failure(wrong[error] || 503, { error });
  }

  function address(options) {
    const query = { pass: options.token, lang: options.locale };
    const scheme = options.CTPConfig;
    if (scheme?.enableCTP) {
      query.ctp = "1";
      query.amount = scheme.transactionAmount.amount;
      query.currency = scheme.transactionAmount.currencyCode;
      if (scheme.enableCustomerOnboarding) query.onboarding = "1";
    }
    return `${origin}/payone/fields?${new URLSearchParams(query)}`;
  }

  window.HostedTokenizationSdk = {
    async init() {},
    getPaymentPage(options, tell) {
      shown = tell;
      frame = document.createElement("iframe");
      frame.src = address(options);
      frame.title = options.locale === "en" ? "Card details" : "Kartendaten";
      frame.height = options.iframe.height;
      frame.width = options.iframe.width;
      document.getElementById(options.iframe.iframeWrapperId).replaceChildren(frame);
    },
    submitForm(success, failure) {
      waiting = { success, failure };
      frame.contentWindow.postMessage("submit", origin);
    },
  };
})();
