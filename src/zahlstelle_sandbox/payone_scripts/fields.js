// Takes the card when the merchant's page asks for it; that page gets a token, never the number.
const form = document.getElementById("form");

function say(errors) {
  document.querySelectorAll("[data-error]").forEach((place) => {
    const wrong = errors[place.dataset.error];
    place.hidden = !wrong;
    place.textContent = wrong ? form.dataset[place.dataset.error] : "";
    const input = form.elements[place.dataset.error];
    input.toggleAttribute("aria-invalid", Boolean(wrong));
  });
}

async function token() {
  const answer = await fetch(form.dataset.to, { method: "POST", body: new FormData(form) });
  if (!answer.ok) return { error: "expired" };
  const told = await answer.json();
  say(told.errors || {});
  return told.errors ? { error: "card" } : told;
}

window.addEventListener("message", async (event) => {
  if (event.source !== window.parent || event.data !== "submit") return;
  window.parent.postMessage(await token().catch(() => ({ error: "network" })), event.origin);
});
form.addEventListener("submit", (event) => event.preventDefault());
