// Comfort only; every page of the back office works without this file.

// J and K step through the amounts of the worklist, while the focus is inside it.
document.querySelectorAll("[data-steps]").forEach((list) => {
  const stops = [...list.querySelectorAll("[data-step]")];
  list.addEventListener("keydown", (event) => {
    const step = { j: 1, k: -1 }[event.key];
    if (!step || event.ctrlKey || event.altKey || event.metaKey) return;
    const here = stops.findIndex((stop) => stop.closest("li").contains(document.activeElement));
    const next = stops[here + step];
    if (!next) return;
    event.preventDefault();
    next.focus();
    next.scrollIntoView({ block: "center" });
  });
});

// What is left of an amount is counted while one types. The server counts again, and decides.
function cents(text) {
  const said = text.replace("€", "").trim();
  const found = /^(\d{1,3}(?:\.\d{3})+|\d{1,12})(?:,(\d{1,2}))?$/.exec(said) || /^(\d{1,12})\.(\d{2})$/.exec(said);
  if (!found) return 0;
  return Number(found[1].replaceAll(".", "")) * 100 + Number((found[2] || "0").padEnd(2, "0"));
}

function euro(value) {
  const whole = Math.abs(value);
  const euros = String(Math.floor(whole / 100)).replace(/\B(?=(\d{3})+$)/g, ".");
  return `${value < 0 ? "−" : ""}${euros},${String(whole % 100).padStart(2, "0")}\u00a0€`;
}

document.querySelectorAll("form[data-split]").forEach((form) => {
  const left = form.querySelector("[data-left]");
  if (!left) return;
  form.querySelector("[data-recount]").hidden = true;
  form.addEventListener("input", () => {
    const given = [...form.querySelectorAll("[data-cents]")].reduce((sum, field) => sum + cents(field.value), 0);
    const rest = Number(form.dataset.split) - given;
    left.textContent = euro(rest);
    left.classList.toggle("k-left__cents--none", rest === 0);
  });
});

// An upload shows how far it is. Without this the form is posted as it is.
document.querySelectorAll("form[data-upload]").forEach((form) => {
  const place = form.querySelector("[data-progress]");
  const bar = place.querySelector("progress");
  const said = place.querySelector("[data-said]");
  form.addEventListener("submit", (event) => {
    if (!form.reportValidity()) return;
    event.preventDefault();
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("X-Requested-With", "progress");
    place.hidden = false;
    form.querySelector("[data-broken]").hidden = true;
    form.querySelectorAll("button").forEach((button) => { button.disabled = true; });
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      const share = total ? Math.floor((loaded / total) * 100) : 0;
      bar.value = share;
      said.textContent = share < 100 ? said.dataset.sending.replace("0", share) : said.dataset.reading;
    });
    request.addEventListener("load", () => {
      const goal = request.getResponseHeader("X-Goal");
      if (goal) {
        location.assign(goal);
        return;
      }
      document.open();
      document.write(request.responseText);
      document.close();
    });
    request.addEventListener("error", () => {
      place.hidden = true;
      form.querySelectorAll("button").forEach((button) => { button.disabled = false; });
      form.querySelector("[data-broken]").hidden = false;
    });
    request.send(new FormData(form));
  });
});

// A page that waits for the worker looks again by itself.
const waits = document.querySelector("[data-look-again]");
if (waits) setTimeout(() => location.reload(), 3000);
