// Shows the provider's card fields and sends what they make of a card. Its number stays in the provider's frame.
// With Click to Pay the frame asks the card schemes first; whatever goes wrong there, cards are typed as ever.

const PATIENCE = 6000; // the schemes have five seconds; a second later the fields come without them
const form = document.getElementById("card-form");
const place = document.getElementById("card-fields");
const said = document.getElementById("card-said");
const button = form.querySelector("button[type=submit]");
let session = place.dataset.session;
let schemes = Boolean(place.dataset.amount);
let asked = false;

function away() {
  said.textContent = said.dataset.away;
  button.hidden = true;
}

function taken(_status, token, card, mode) {
  form.elements.card_token.value = token;
  form.elements.card_brand.value = card.cardType;
  form.elements.card_mode.value = mode;
  form.elements.card_dpa.value = card.srcDpaId || "";
  form.submit();
}

function again(text) {
  asked = false;
  button.removeAttribute("aria-disabled");
  said.textContent = text;
}

// 400 says that the card is wrong, 401 that the pass is too old; of everything else the frame itself says what to do.
function refused(status) {
  if (status === 401) return renewed().then(() => again(said.dataset.again)).catch(away);
  return again(status === 400 ? said.dataset.wrong : "");
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  event.stopPropagation(); // the page sends itself once the token is there
  if (asked) return;
  asked = true;
  said.textContent = "";
  button.setAttribute("aria-disabled", "true");
  window.HostedTokenizationSdk.submitForm(taken, refused);
});

function options() {
  const { amount, currency, shop } = place.dataset;
  const ctp = { enableCTP: true, enableCustomerOnboarding: true, shopName: shop };
  return {
    mode: place.dataset.mode,
    token: session,
    locale: place.dataset.language === "en" ? "en" : "de",
    iframe: { iframeWrapperId: place.id, width: "100%", height: "520", zIndex: 0 },
    showCardholderName: true,
    allowedCardSchemes: ["visa", "mastercard"],
    CTPConfig: schemes ? { ...ctp, transactionAmount: { amount, currencyCode: currency } } : { enableCTP: false },
  };
}

// Resolves once the fields are there; rejects with a status, or after a while.
function fields() {
  return new Promise((ready, failed) => {
    const late = setTimeout(failed, PATIENCE, 503);
    window.HostedTokenizationSdk.getPaymentPage(options(), (status) => {
      clearTimeout(late);
      if (status >= 400) failed(status);
      else ready();
    });
  });
}

async function renewed() {
  const answer = await fetch(place.dataset.renew, { method: "POST", body: new FormData(form) });
  if (!answer.ok) throw new Error("no pass");
  session = (await answer.json()).session;
  await fields();
}

async function show() {
  await window.HostedTokenizationSdk.init();
  try {
    await fields();
  } catch (status) {
    if (status === 401) await renewed();
    else if (schemes) {
      schemes = false;
      await fields();
    } else throw status;
  }
  button.hidden = false;
}

show().catch(away);
// A page taken back out of the browser's memory has a token that was used, and fields that are empty.
window.addEventListener("pageshow", (event) => { if (event.persisted) window.location.reload(); });
