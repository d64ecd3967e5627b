// Shows the provider's card fields and sends the token they make. The card's number stays in the provider's frame.

const form = document.getElementById("card-form");
const place = document.getElementById("card-fields");
const said = document.getElementById("card-said");
const button = form.querySelector("button[type=submit]");
let asked = false;

function away() {
  said.textContent = said.dataset.away;
  button.hidden = true;
}

function taken(_status, token, card) {
  form.elements.card_token.value = token;
  form.elements.card_brand.value = card.cardType;
  form.submit();
}

function wrong() {
  asked = false;
  button.removeAttribute("aria-disabled");
  said.textContent = said.dataset.wrong;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  event.stopPropagation(); // the page sends itself once the token is there
  if (asked) return;
  asked = true;
  said.textContent = "";
  button.setAttribute("aria-disabled", "true");
  window.HostedTokenizationSdk.submitForm(taken, wrong);
});

async function show() {
  await window.HostedTokenizationSdk.init();
  const options = {
    mode: place.dataset.mode,
    token: place.dataset.session,
    locale: place.dataset.language,
    iframe: { iframeWrapperId: place.id, width: "100%", height: "520", zIndex: 0 },
    showCardholderName: true,
    allowedCardSchemes: ["visa", "mastercard"],
    CTPConfig: { enableCTP: false },
  };
  window.HostedTokenizationSdk.getPaymentPage(options, () => { button.hidden = false; });
}

show().catch(away);
// A page taken back out of the browser's memory has a token that was used, and fields that are empty.
window.addEventListener("pageshow", (event) => { if (event.persisted) window.location.reload(); });
