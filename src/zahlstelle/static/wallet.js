// Asks this device for a passkey. What needs one is hidden until this file has found that the browser can ask; where it
// cannot, or the citizen does not want to, every other way to pay stands as it stood.

function bytes(text) {
  const plain = text.replaceAll("-", "+").replaceAll("_", "/");
  return Uint8Array.from(atob(plain), (sign) => sign.charCodeAt(0));
}

function text(buffer) {
  if (!buffer) return undefined;
  const plain = btoa(String.fromCharCode(...new Uint8Array(buffer)));
  return plain.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function named(list) {
  return (list || []).map((each) => ({ ...each, id: bytes(each.id) }));
}

async function newPasskey(question) {
  const made = await navigator.credentials.create({ publicKey: {
    ...question,
    challenge: bytes(question.challenge),
    user: { ...question.user, id: bytes(question.user.id) },
    excludeCredentials: named(question.excludeCredentials),
  } });
  return said(made, {
    clientDataJSON: text(made.response.clientDataJSON),
    attestationObject: text(made.response.attestationObject),
  });
}

async function knownPasskey(question) {
  const shown = await navigator.credentials.get({ publicKey: {
    ...question,
    challenge: bytes(question.challenge),
    allowCredentials: named(question.allowCredentials),
  } });
  return said(shown, {
    clientDataJSON: text(shown.response.clientDataJSON),
    authenticatorData: text(shown.response.authenticatorData),
    signature: text(shown.response.signature),
    userHandle: text(shown.response.userHandle),
  });
}

function said(credential, response) {
  return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response });
}

async function ask(form) {
  const told = await fetch(form.dataset.question, { method: "POST", body: new FormData(form) });
  const answer = await told.json();
  if (!told.ok) {
    if (!refuse(form, answer)) throw new Error(answer.code);
    return;
  }
  const credential = "new" in form.dataset ? await newPasskey(answer.question) : await knownPasskey(answer.question);
  form.elements.answer.value = credential;
  form.submit();
}

// Says a refusal beside the field it is about; false where it is about none.
function refuse(form, answer) {
  const field = form.querySelector(`[data-field="${answer.code}"]`);
  if (!field) return false;
  field.querySelector("[data-title]").textContent = answer.title;
  field.querySelector("[data-text]").textContent = answer.text;
  field.querySelector("[data-error]").hidden = false;
  const input = field.querySelector("input");
  input.setAttribute("aria-invalid", "true");
  input.focus();
  return true;
}

function clear(form) {
  form.querySelectorAll("[data-said], [data-error]").forEach((part) => { part.hidden = true; });
  form.querySelectorAll("[aria-invalid]").forEach((input) => input.removeAttribute("aria-invalid"));
}

async function answered(event) {
  event.preventDefault();
  event.stopPropagation(); // nothing is on its way yet: it may be pressed again
  const form = event.target;
  if (form.dataset.asking) return;
  form.dataset.asking = "yes";
  clear(form);
  try {
    await ask(form);
  } catch {
    const words = form.querySelector("[data-said]");
    if (words) words.hidden = false;
  } finally {
    delete form.dataset.asking;
  }
}

if (window.PublicKeyCredential && navigator.credentials) {
  document.querySelectorAll("[data-no-passkey]").forEach((part) => { part.hidden = true; });
  document.querySelectorAll("[data-passkey]").forEach((part) => { part.hidden = false; });
  document.querySelectorAll("form[data-question]").forEach((form) => form.addEventListener("submit", answered));
}
