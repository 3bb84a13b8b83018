/* Pages of the centre: reason and term of the one-press directives, secrets that are shown once. */
"use strict";
(() => {
  /* The reason and the term stand above the buttons once, and go along with each of them. */
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-quick]");
    if (!button) return;
    const form = JSON.parse(button.dataset.body);
    for (const name of ["reason", "term"]) form[name] = document.getElementById(`quick-${name}`)?.value ?? "";
    button.dataset.body = JSON.stringify(form);
  }, true);

  /* A question that has been put to somebody stays until it is answered or gives up. */
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target?.querySelector("[data-asked], [aria-busy]")) event.detail.shouldSwap = false;
  });

  function show(secret) {
    const once = document.getElementById("once");
    once.querySelector("output").textContent = secret;
    once.hidden = false;
    once.scrollIntoView({ block: "center" });
    document.getElementById("once-copy").focus({ preventScroll: true });
  }

  document.getElementById("once-copy")?.addEventListener("click", () => {
    const words = document.querySelector("#once output");
    getSelection().selectAllChildren(words);
    navigator.clipboard?.writeText(words.textContent).catch(() => {});
  });

  async function ask(path, body, said) {
    said.hidden = true;
    try {
      const answer = await talon.send(path, body);
      if (answer.ok) {
        show(answer.body.secret);
        return true;
      }
      said.textContent = talon.sentence(answer.body, document.body.dataset.noanswer);
    } catch {
      said.textContent = document.body.dataset.noanswer;
    }
    said.hidden = false;
    return false;
  }

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.dataset.once) return;
    event.preventDefault();
    const body = Object.fromEntries(new FormData(form));
    const path = form.dataset.once.replace("{office}", encodeURIComponent(body.office ?? ""));
    if (await ask(path, body, form.querySelector("[role=alert]")) && form.elements.name) form.elements.name.value = "";
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-once-post]");
    if (!button) return;
    const words = button.querySelector("span");
    if (!button.dataset.asked) {
      const was = words.innerHTML;
      button.dataset.asked = "1";
      words.textContent = button.dataset.sure;
      setTimeout(() => {
        delete button.dataset.asked;
        words.innerHTML = was;
      }, 6000);
      return;
    }
    ask(button.dataset.oncePost, {}, document.getElementById("said"));
  });
})();
