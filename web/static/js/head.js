/* The head's page: printing needs a script, so its button appears only with one. */
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const button = document.getElementById("print");
  if (!button) return;
  button.hidden = false;
  button.addEventListener("click", () => globalThis.print());
});
