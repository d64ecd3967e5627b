// The part of a card scheme's script that payment providers call: made after its callers, not after its source.
(() => {
  const scheme = "{{scheme}}";
  const origin = "{{origin}}";
  const base = `${origin}/src/${scheme}`;
  const patience = 5000;
  const bytes = new TextEncoder();

  // The two schemes say no in two shapes.
  const refusal = (reason, message) => (scheme === "visa" ? { error: { reason, message } } : { reason, message });

  async function fetched(address, options) {
    let answer;
    try {
      answer = await fetch(address, { ...options, signal: AbortSignal.timeout(patience) });
    } catch (error) {
      const late = error.name === "TimeoutError";
      throw refusal(late ? "REQUEST_TIMEOUT" : "SERVICE_ERROR", late ? "No answer in 5 seconds." : "No answer.");
    }
    const told = await answer.json().catch(() => ({ reason: "SERVICE_ERROR", message: "No readable answer." }));
    if (!answer.ok) throw refusal(told.reason, told.message);
    return told;
  }

  function encoded(content) {
    const text = btoa(String.fromCharCode(...new Uint8Array(content)));
    return text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  }

  async function encrypted(card) {
    const { keys } = await fetched(`${base}/keys`, {});
    const jwk = keys.find((key) => key.kid.includes("src-fpan-encryption"));
    const use = { name: "RSA-OAEP", hash: "SHA-256" };
    const readable = await crypto.subtle.importKey("jwk", jwk, use, false, ["encrypt"]);
    const method = scheme === "visa" ? "A256GCM" : "A128GCM";
    const head = { alg: "RSA-OAEP-256", enc: method, kid: jwk.kid };
    if (scheme === "visa") head.iat = String(Math.floor(Date.now() / 1000));
    const first = encoded(bytes.encode(JSON.stringify(head)));
    const content = crypto.getRandomValues(new Uint8Array(scheme === "visa" ? 32 : 16));
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const key = await crypto.subtle.importKey("raw", content, "AES-GCM", false, ["encrypt"]);
    const how = { name: "AES-GCM", iv, additionalData: bytes.encode(first) };
    const sealed = new Uint8Array(await crypto.subtle.encrypt(how, key, bytes.encode(JSON.stringify(card))));
    const sealedKey = await crypto.subtle.encrypt({ name: "RSA-OAEP" }, readable, content);
    return [first, encoded(sealedKey), encoded(iv), encoded(sealed.slice(0, -16)), encoded(sealed.slice(-16))].join(".");
  }

  // The card facilitator asks the citizen and tells the answer by message; a closed window is an answer too.
  function facilitated(told, given) {
    const view = given || window.open(told.page, "src-facilitator", "popup,width=480,height=720");
    if (!view) throw refusal("SERVICE_ERROR", "The browser opened no window.");
    if (given) view.location = told.page;
    return new Promise((done) => {
      const watch = given ? undefined : setInterval(() => view.closed && end({ dcfActionCode: "CANCEL" }), 500);
      const heard = (event) => {
        if (event.origin !== origin || event.source !== view || event.data?.flow !== told.flow) return;
        if (!given) view.close();
        end(event.data.answer);
      };
      function end(answer) {
        clearInterval(watch);
        window.removeEventListener("message", heard);
        done(answer);
      }
      window.addEventListener("message", heard);
    });
  }

  class Scheme {
    async #ask(call, order) {
      if (call !== "init" && !this.session) throw refusal("INVALID_PARAMETER", "init comes first.");
      return fetched(`${base}/sdk/${call}`, {
        method: "POST",
        credentials: "include",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ ...order, session: this.session }),
      });
    }
    async init(options) {
      this.recognitionToken = options.recognitionToken;
      const told = await this.#ask("init", options);
      this.session = told.session;
      return { srcCorrelationId: told.srcCorrelationId };
    }
    isRecognized() {
      return this.#ask("isRecognized", { recognitionToken: this.recognitionToken });
    }
    identityLookup(given) {
      const { identityValue, identityType, type } = given.consumerIdentity || given;
      return this.#ask("identityLookup", { identityValue, identityType: identityType || type });
    }
    initiateIdentityValidation() {
      return this.#ask("initiateIdentityValidation", {});
    }
    completeIdentityValidation(given) {
      const code = given && typeof given === "object" ? given.validationData : given;
      return this.#ask("completeIdentityValidation", { validationData: code });
    }
    getSrcProfile({ idTokens }) {
      return this.#ask("getSrcProfile", { idTokens });
    }
    async encryptCard(card) {
      const brands = { 4: "visa", 5: "mastercard" };
      return { encryptedCard: await encrypted(card), cardBrand: brands[String(card.primaryAccountNumber)[0]] };
    }
    async checkout({ windowRef, ...order }) {
      const told = await this.#ask("checkout", { ...order, windowRef: Boolean(windowRef) });
      return told.page ? facilitated(told, windowRef) : told;
    }
    async unbindAppInstance() {
      await this.#ask("unbindAppInstance", {});
      this.recognitionToken = undefined;
    }
  }

  if (scheme === "visa") window.vAdapters = { ...window.vAdapters, VisaSRCI: Scheme };
  else window.SRCSDK_MASTERCARD = new Scheme();
})();
