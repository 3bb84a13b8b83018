/* Plans of the centre: a file becomes text, mistakes and changes are told beside it. */
"use strict";
(() => {
  const form = document.getElementById("planform");
  if (!form) return;
  const text = document.getElementById("plan-text");
  const wrong = document.getElementById("plan-mistakes");
  const right = document.getElementById("plan-right");

  function tell(place, head, lines) {
    place.querySelector("p, b").textContent = head;
    place.querySelector("ul").replaceChildren(...(lines ?? []).map((line) => {
      const one = document.createElement("li");
      one.textContent = line.trim();
      one.className = line.startsWith(" ") ? "" : "head";
      return one;
    }));
    place.hidden = false;
  }

  async function send(path, button) {
    wrong.hidden = right.hidden = true;
    if (!text.value.trim()) {
      text.focus();
      return null;
    }
    button.setAttribute("aria-busy", "true");
    try {
      const answer = await talon.send(path, { document: text.value });
      if (answer.ok) return answer.body;
      tell(wrong, talon.sentence(answer.body, document.body.dataset.noanswer), answer.body?.mistakes);
    } catch {
      tell(wrong, document.body.dataset.noanswer);
    } finally {
      button.removeAttribute("aria-busy");
    }
    return null;
  }

  document.getElementById("plan-file").addEventListener("change", async (event) => {
    const file = event.target.files[0];
    if (file) text.value = await file.text();
    wrong.hidden = right.hidden = true;
  });

  document.getElementById("plan-check").addEventListener("click", async (event) => {
    const found = await send(form.dataset.check, event.currentTarget);
    if (found) tell(right, found.summary, found.changes);
  });

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const found = await send(form.dataset.put, document.getElementById("plan-put"));
    if (found) location.assign(form.dataset.then.replace("{number}", found.number));
  });
})();
