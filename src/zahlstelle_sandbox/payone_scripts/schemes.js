// Asks both card schemes. Neither holds up the other, and both together no longer than five seconds.
const PATIENCE = 5000;
const BRANDS = { visa: "V", mastercard: "M" };
const RESOURCE = { uri: "/src/outbox", version: "1", datePublished: "2026-01-01" };

function script(name) {
  return new Promise((done, failed) => {
    const element = document.createElement("script");
    element.src = `/src/${name}/sdk.js`;
    element.onload = () => done(name === "visa" ? new window.vAdapters.VisaSRCI() : window.SRCSDK_MASTERCARD);
    element.onerror = failed;
    document.head.append(element);
  });
}

function within(milliseconds, work) {
  const late = new Promise((_, failed) => { setTimeout(failed, milliseconds, new Error("late")); });
  return Promise.race([work, late]);
}

function settings(...kinds) {
  const accepted = { acceptedVersion: "1", latestVersion: "1", latestVersionUri: RESOURCE.uri };
  const resources = kinds.includes("REMEMBER_ME") ? [{ complianceType: "REMEMBER_ME", ...RESOURCE }] : [];
  return { complianceResources: resources, ...(kinds.includes("tnc") ? { tnc: accepted } : {}) };
}

export class Schemes {
  constructor(order) {
    this.order = order;
    this.ready = new Map();
    this.cards = [];
    this.whose = "";
  }

  get there() {
    return this.ready.size > 0;
  }

  // Finds the cards of whoever this device is remembered for.
  async open() {
    const tokens = [];
    const until = performance.now() + PATIENCE;
    const one = async (name) => {
      const scheme = await script(name);
      await scheme.init(this.order);
      this.ready.set(name, scheme);
      const told = await scheme.isRecognized();
      if (told.recognized) tokens.push(...told.idTokens);
    };
    await Promise.allSettled(Object.keys(BRANDS).map((name) => within(PATIENCE, one(name))));
    if (tokens.length) await within(Math.max(until - performance.now(), 0), this.#profiles(tokens)).catch(() => {});
  }

  async #profiles(idTokens) {
    const found = [];
    const one = async (name, scheme) => {
      const { profiles } = await scheme.getSrcProfile({ idTokens });
      for (const { maskedCards, maskedConsumer } of profiles) {
        this.whose = maskedConsumer.maskedEmailAddress;
        found.push(...maskedCards.map((card) => ({ name, card })));
      }
    };
    await Promise.allSettled([...this.ready].map(([name, scheme]) => one(name, scheme)));
    const used = ({ card }) => card.dateOfCardLastUsed || card.dateOfCardCreated;
    this.cards = found.sort((one, other) => String(used(other)).localeCompare(String(used(one))));
  }

  // The schemes that know this address.
  async lookup(email) {
    const there = [];
    const one = async (name, scheme) => {
      const identity = { identityValue: email };
      const asked = name === "visa"
        ? { ...identity, type: "EMAIL" }
        : { consumerIdentity: { ...identity, identityType: "EMAIL_ADDRESS" } };
      if ((await scheme.identityLookup(asked)).consumerPresent) there.push(name);
    };
    await Promise.allSettled([...this.ready].map(([name, scheme]) => within(PATIENCE, one(name, scheme))));
    return there;
  }

  // The first scheme that knows the address sends the code; where to, or undefined where none does.
  async sendCode(email) {
    for (const name of await this.lookup(email)) {
      try {
        const told = await this.ready.get(name).initiateIdentityValidation({});
        this.asks = name;
        return told.maskedValidationChannel;
      } catch { /* then the other one */ }
    }
    return undefined;
  }

  async checkCode(code) {
    const given = this.asks === "visa" ? code : { validationData: code };
    const { idToken } = await this.ready.get(this.asks).completeIdentityValidation(given);
    await this.#profiles([idToken]);
    return true;
  }

  async pay({ name, card }, remember) {
    const order = { srcDigitalCardId: card.srcDigitalCardId };
    if (remember) order.complianceSettings = settings("REMEMBER_ME");
    const answer = await this.ready.get(name).checkout(order);
    const expiry = `${card.panExpirationMonth}${card.panExpirationYear.slice(-2)}`;
    return this.#result(name, answer, { cardNumber: `${"X".repeat(12)}${card.panLastFour}`, expiryDate: expiry }, "clickToPay");
  }

  async register({ number, expiry, cvc, holder, email }) {
    const pan = number.value.replace(/\D/g, "");
    const name = pan[0] === "4" ? "visa" : "mastercard";
    const scheme = this.ready.get(name);
    const [month, year] = expiry.value.split("/").map((part) => part.trim());
    const { encryptedCard } = await scheme.encryptCard({
      primaryAccountNumber: pan,
      panExpirationMonth: month.padStart(2, "0"),
      panExpirationYear: year.length === 2 ? `20${year}` : year,
      cardSecurityCode: cvc.value.trim(),
      cardholderFullName: holder.value.trim(),
    });
    const consumer = { emailAddress: email.value.trim() };
    const answer = await scheme.checkout({ encryptedCard, consumer, complianceSettings: settings("tnc", "REMEMBER_ME") });
    const shown = { cardNumber: `${"X".repeat(12)}${pan.slice(-4)}`, expiryDate: `${month.padStart(2, "0")}${year.slice(-2)}` };
    return this.#result(name, answer, shown, "register");
  }

  #result(name, answer, shown, mode) {
    if (answer.dcfActionCode !== "COMPLETE") throw new Error(answer.dcfActionCode);
    const dpa = this.order.srciDpaId;
    return { token: answer.checkoutResponseSignature, cardType: BRANDS[name], ...shown, srcDpaId: dpa, mode };
  }

  // This device is nobody's any more, at either scheme.
  async forget() {
    this.cards = [];
    await Promise.allSettled([...this.ready.values()].map((scheme) => within(PATIENCE, scheme.unbindAppInstance())));
  }
}
