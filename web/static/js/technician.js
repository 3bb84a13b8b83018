/* The technician's acts: each tells what came out of it, in words and for the ear. */
"use strict";
(() => {
  const PATIENCE_MS = 45000;
  const SURE_MS = 6000;
  const told = () => document.getElementById("told");

  function tell(text, done = true) {
    const place = told();
    place.textContent = text;
    place.classList.toggle("failed", !done);
  }

  /* Prints and chimes are never sent twice by themselves: nobody wants two papers. While one is on its way no refresh takes
     its button away, and no second one begins. */
  async function act(from, path, body) {
    if (document.body.dataset.busyNow) return;
    const button = from.matches("form") ? from.querySelector("button") : from;
    document.body.dataset.busyNow = "1";
    button.setAttribute("aria-busy", "true");
    tell(from.dataset.wait ?? "");
    try {
      const answer = await talon.send(path, body, { tries: 1, patience: PATIENCE_MS });
      if (answer.ok) tell(answer.body?.said ?? "", answer.body?.done ?? true);
      else tell(talon.sentence(answer.body, document.body.dataset.noanswer), false);
      if (answer.status === 401) location.reload();
    } catch {
      tell(document.body.dataset.noanswer, false);
    } finally {
      button.removeAttribute("aria-busy");
      delete document.body.dataset.busyNow;
      talon.changed();
    }
  }

  /* What can't be taken back asks once more, on the button itself. */
  function sure(button) {
    if (!button.dataset.sure || button.dataset.asked) {
      delete button.dataset.asked;
      return true;
    }
    const words = button.querySelector("span");
    const was = words.textContent;
    button.dataset.asked = "1";
    words.textContent = button.dataset.sure;
    setTimeout(() => {
      delete button.dataset.asked;
      words.textContent = was;
    }, SURE_MS);
    return false;
  }

  function bodyOf(form) {
    const body = {};
    for (const field of form.elements) {
      if (!field.name || (field.type === "radio" && !field.checked)) continue;
      body[field.name] = Number(field.value);
    }
    return body;
  }

  function check(button) {
    if (button.getAttribute("aria-busy")) return;
    button.setAttribute("aria-busy", "true");
    document.addEventListener("htmx:afterRequest", () => {
      button.removeAttribute("aria-busy");
      tell(document.getElementById("panel").dataset.announce);
    }, { once: true });
    document.body.dispatchEvent(new CustomEvent("talon:check"));
  }

  /* The clipboard is closed to plain http: the old way still copies what is selected. */
  function copy(button) {
    const lines = document.getElementById(button.dataset.copy);
    getSelection().selectAllChildren(lines);
    if (document.execCommand("copy")) tell(button.dataset.copied);
  }

  function show(form) {
    const chosen = new URLSearchParams(new FormData(form));
    form.querySelector("img").src = `${form.dataset.picture}?${chosen}`;
  }

  /* A picture that can't be drawn says why. */
  document.addEventListener("error", async (event) => {
    if (event.target.id !== "slip") return;
    const answer = await fetch(event.target.src, { headers: { "Accept-Language": document.documentElement.lang } });
    const problem = answer.ok ? null : await answer.json().catch(() => null);
    tell(talon.sentence(problem, document.body.dataset.noanswer), false);
  }, true);

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.check !== undefined) check(button);
    else if (button.dataset.copy) copy(button);
    else if (button.dataset.do && sure(button)) act(button, button.dataset.do, JSON.parse(button.dataset.body ?? "{}"));
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.picture) event.preventDefault();
    if (!form.dataset.do) return;
    event.preventDefault();
    const body = bodyOf(form);
    if (Object.keys(body).length) act(form, form.dataset.do, body);
    else form.elements[0].focus();
  });

  document.addEventListener("change", (event) => {
    const form = event.target.closest("[data-picture]");
    if (form) show(form);
  });

  /* What somebody has just chosen outlives a refresh of the panel it stands in. */
  const chosen = new Map();
  document.addEventListener("htmx:beforeSwap", () => {
    chosen.clear();
    for (const field of document.querySelectorAll("#panel select[id], #panel input[id]")) chosen.set(field.id, field.type === "radio" ? field.checked : field.value);
  });
  document.addEventListener("htmx:afterSwap", () => {
    for (const [id, value] of chosen) {
      const field = document.getElementById(id);
      if (field?.type === "radio") field.checked = value;
      else if (field?.matches("select") && [...field.options].some((one) => one.value === value)) field.value = value;
    }
  });

  /* A row that is ticked off is heard as well as seen; the check tells its own. */
  let heard = "";
  document.addEventListener("htmx:afterSwap", () => {
    const said = document.getElementById("panel")?.dataset.announce ?? "";
    if (document.querySelector("[data-check]") || !said || said === heard) return;
    heard = said;
    document.getElementById("progress").textContent = said;
  });
})();
