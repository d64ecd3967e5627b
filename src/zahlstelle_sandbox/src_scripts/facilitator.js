// Tells the page that asked what the citizen answered, or goes on by itself where there is nothing to ask.
const told = document.getElementById("told");
if (told) {
  (window.opener || window.parent).postMessage(JSON.parse(told.dataset.said), told.dataset.origin);
} else if (document.body.querySelector("form[data-alone]")) {
  document.querySelector("form[data-alone] button.main").click();
}
