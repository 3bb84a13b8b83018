/* Forms that are sent as JSON; a refusal is a sentence beside the form. */
"use strict";
(() => {
  /* What the API wants: numbers as numbers, and nothing at all for a field that was left empty. */
  function bodyOf(form) {
    const filled = [...new FormData(form)].filter(([name, value]) => value !== "" || form.elements[name].required);
    return Object.fromEntries(filled.map(([name, value]) => [name, form.elements[name].type === "number" ? Number(value) : value]));
  }

  async function sendForm(form) {
    const said = form.querySelector("[role=alert]");
    const button = form.querySelector("button");
    const empty = [...form.elements].find((field) => field.required && !field.value);
    said.hidden = true;
    if (empty) {
      empty.focus();
      return;
    }
    button.setAttribute("aria-busy", "true");
    try {
      const answer = await talon.send(form.dataset.sendTo, bodyOf(form), { method: form.dataset.method ?? "POST" });
      if (answer.ok) {
        location.assign(form.dataset.then);
        return;
      }
      said.textContent = talon.sentence(answer.body, document.body.dataset.noanswer);
    } catch {
      said.textContent = document.body.dataset.noanswer;
    }
    said.hidden = false;
    button.removeAttribute("aria-busy");
    const secret = form.querySelector("[type=password]");
    if (secret) {
      secret.value = "";
      secret.focus();
    }
  }

  document.addEventListener("submit", (event) => {
    if (!event.target.dataset.sendTo) return;
    event.preventDefault();
    sendForm(event.target);
  });

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-post]");
    if (!button || button.getAttribute("aria-busy")) return;
    const said = document.getElementById("said");
    if (button.dataset.sure && !button.dataset.asked) {
      button.dataset.asked = "1";
      const words = button.querySelector("span");
      const was = words.textContent;
      words.textContent = button.dataset.sure;
      setTimeout(() => {
        delete button.dataset.asked;
        words.textContent = was;
      }, 6000);
      return;
    }
    delete button.dataset.asked;
    button.setAttribute("aria-busy", "true");
    try {
      const answer = await talon.send(button.dataset.post, JSON.parse(button.dataset.body ?? "{}"), { method: button.dataset.method ?? "POST" });
      said.hidden = answer.ok;
      if (!answer.ok) said.textContent = talon.sentence(answer.body, document.body.dataset.noanswer);
      else if (button.dataset.then) location.assign(button.dataset.then);
      talon.changed();
    } catch {
      said.textContent = document.body.dataset.noanswer;
      said.hidden = false;
    } finally {
      button.removeAttribute("aria-busy");
    }
  });
})();
