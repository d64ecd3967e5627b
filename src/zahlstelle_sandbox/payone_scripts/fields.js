// Takes the card when the merchant's page asks for it; that page gets a token or the schemes' result, never the number.
import { Schemes } from "./schemes.js";

const place = (id) => document.getElementById(id);
const form = place("form");
const { order } = place("script").dataset;
const schemes = order ? new Schemes(JSON.parse(order)) : undefined;
let coded = false; // whether the citizen has just shown a code: then the device is not known yet

function tell(message) {
  window.parent.postMessage(message, "*"); // the page that shows us may be any merchant's; nothing of a card is in it
}

function view(name) {
  document.body.dataset.view = name;
  if (name !== "wait") tell({ ready: true });
}

function say(errors) {
  document.querySelectorAll("[data-error]").forEach((line) => {
    const wrong = errors[line.dataset.error];
    line.hidden = !wrong;
    line.textContent = wrong ? form.dataset[line.dataset.error] : "";
    form.elements[line.dataset.error].toggleAttribute("aria-invalid", Boolean(wrong));
  });
}

function known() {
  place("whose").textContent = schemes.whose;
  place("remember-here").hidden = !coded;
  const choices = schemes.cards.map(({ card }, number) => {
    const label = document.createElement("label");
    const choice = document.createElement("input");
    Object.assign(choice, { type: "radio", name: "chosen", value: number, checked: number === 0 });
    const brand = card.paymentCardDescriptor === "visa" ? "Visa" : "Mastercard";
    label.className = "choice";
    label.append(choice, `${brand} •••• ${card.panLastFour}`);
    return label;
  });
  place("cards").replaceChildren(...choices);
  view("known");
}

function entry() {
  const back = place("back-here");
  if (back) back.hidden = !schemes.cards.length;
  const there = Boolean(schemes?.there);
  for (const id of ["register-here", "have"]) if (place(id)) place(id).hidden = !there;
  view("card");
}

async function typed() {
  const wants = place("register")?.checked;
  const answer = await fetch(form.dataset.to, { method: "POST", body: new FormData(form) });
  if (!answer.ok) return { error: "expired" };
  const token = await answer.json();
  const errors = { ...token.errors };
  if (wants && !form.elements.email.checkValidity() || wants && !form.elements.email.value) errors.email = true;
  say(errors);
  if (Object.keys(errors).length) return { error: "card" };
  if (!wants) return { ...token, mode: "manual" };
  // A card that the schemes do not take is paid all the same.
  return schemes.register(form.elements).catch(() => ({ ...token, mode: "manual" }));
}

async function chosen() {
  const pass = new URLSearchParams({ pass: form.elements.pass.value });
  if (!(await fetch(`/payone/pass?${pass}`)).ok) return { error: "expired" };
  const number = document.querySelector("[name=chosen]:checked").value;
  try {
    return await schemes.pay(schemes.cards[number], coded && place("remember").checked);
  } catch {
    schemes.cards = [];
    entry();
    return { error: "away" };
  }
}

async function sendCode(email) {
  const sentTo = await schemes.sendCode(email).catch(() => undefined);
  place("unknown").hidden = Boolean(sentTo);
  if (!sentTo) return;
  place("sent-to").textContent = sentTo;
  view("code");
  place("code").focus();
}

window.addEventListener("message", async (event) => {
  if (event.source !== window.parent || event.data !== "submit") return;
  const { view: now } = document.body.dataset;
  if (now === "code") place("code").focus(); // first the code, or the way out of it
  const result = { known: chosen, card: typed }[now] || (async () => ({ error: "away" }));
  window.parent.postMessage(await result().catch(() => ({ error: "network" })), event.origin);
});
form.addEventListener("submit", (event) => event.preventDefault());
new ResizeObserver(() => tell({ height: document.body.offsetHeight })).observe(document.body);

function listen() {
  place("skip").addEventListener("click", entry);
  place("no-code").addEventListener("click", entry);
  place("other").addEventListener("click", entry);
  place("back").addEventListener("click", known);
  place("not-me").addEventListener("click", async () => {
    await schemes.forget();
    entry();
  });
  place("have-form").addEventListener("submit", (event) => {
    event.preventDefault();
    sendCode(place("have-email").value);
  });
  place("code-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const right = await schemes.checkCode(place("code").value).catch(() => false);
    place("code-error").hidden = right;
    coded = right;
    if (right && schemes.cards.length) known();
    else if (right) entry();
  });
  place("register")?.addEventListener("change", () => { place("email-here").hidden = !place("register").checked; });
  place("email")?.addEventListener("change", async () => {
    const there = await schemes.lookup(form.elements.email.value).catch(() => []);
    place("already").hidden = !there.length;
  });
  place("send-there")?.addEventListener("click", () => sendCode(form.elements.email.value));
}

async function open() {
  if ("expired" in document.body.dataset) return tell({ expired: true });
  if (!schemes) return entry();
  listen();
  await schemes.open();
  if (document.body.dataset.view !== "wait") return undefined;
  return schemes.cards.length ? known() : entry();
}

open();
