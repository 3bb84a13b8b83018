/* Dialogs whose forms and buttons are sent as JSON: what reception and a desk do besides the three keys. */
"use strict";
(() => {
  const UNKNOWN = ["store-failed", "mailbox-full"];
  const keys = new Map();
  const scrolled = new Map();
  let busy = false;

  const noAnswer = () => document.body.dataset.noanswer;

  /* Where a sentence is shown: in the open dialog, or on the page. */
  function saying(from) {
    return from.closest("dialog")?.querySelector("[role=alert]") ?? document.getElementById("said");
  }

  function say(from, text) {
    if (talon.say && !from.closest("dialog")) {
      talon.say(text);
      return;
    }
    const place = saying(from);
    const words = place.querySelector("p") ?? place;
    words.textContent = text;
    place.hidden = !text;
  }

  /* An act that nobody answered keeps its key, so that pressing once more does nothing twice. */
  function keyOf(offer) {
    if (!keys.has(offer)) keys.set(offer, talon.key());
    return keys.get(offer);
  }

  /* The fields of a form as the API wants them: numbers, lists and yes-or-no as such, nothing for what was left empty. */
  function bodyOf(form) {
    const body = JSON.parse(form.dataset.body ?? "{}");
    for (const field of form.elements) {
      if (!field.name || field.dataset.query !== undefined || field.disabled) continue;
      if (field.type === "checkbox" && field.dataset.list !== undefined) {
        body[field.name] ??= [];
        if (field.checked) body[field.name].push(field.value);
      } else if (field.type === "checkbox") body[field.name] = field.checked;
      else if (field.type === "radio") {
        if (field.checked && field.value !== "") body[field.name] = field.value;
      } else if (field.value !== "") body[field.name] = field.type === "number" || field.dataset.number !== undefined ? Number(field.value) : field.value;
    }
    for (const pick of form.querySelectorAll(".pick")) {
      const chosen = [...pick.querySelectorAll(".chosen [data-chosen]")].map((one) => one.dataset.chosen);
      if (pick.dataset.many !== undefined) {
        if (chosen.length) body[pick.dataset.name] = chosen;
      } else if (chosen.length) body[pick.dataset.name] = chosen[0];
    }
    return body;
  }

  async function act(from, path, body) {
    if (busy) return;
    busy = true;
    document.body.dataset.busyNow = "1";
    from.setAttribute("aria-busy", "true");
    say(from, "");
    for (const insist of document.querySelectorAll("[data-insisted]")) insist.remove();
    const offer = path + JSON.stringify(body);
    try {
      const answer = await talon.send(path, body, { idempotency: keyOf(offer), method: from.dataset.method ?? "POST" });
      if (answer.ok) {
        keys.delete(offer);
        from.closest("dialog")?.close();
        document.dispatchEvent(new CustomEvent("talon:acted", { detail: { from, body: answer.body } }));
      } else {
        if (!UNKNOWN.includes(answer.body?.code)) keys.delete(offer);
        if (answer.status === 401) location.reload();
        say(from, talon.sentence(answer.body, noAnswer()));
        offerToInsist(from, path, body, answer.body?.code);
      }
      delete document.body.dataset.busyNow;
      talon.changed();
    } catch {
      say(from, noAnswer());
    } finally {
      busy = false;
      delete document.body.dataset.busyNow;
      from.removeAttribute("aria-busy");
    }
  }

  /* Hours and limits are refused first; whoever stands at reception may decide otherwise for one visitor. */
  function offerToInsist(from, path, body, code) {
    if (!from.dataset.insist || !document.body.dataset.insist?.split(" ").includes(code) || body.insist) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button";
    button.dataset.insisted = "";
    button.textContent = from.dataset.insist;
    button.addEventListener("click", () => act(from, path, { ...body, insist: true }));
    saying(from).append(button);
    button.focus();
  }

  async function open(id, address) {
    const dialog = document.getElementById(id);
    if (address) await htmx.ajax("GET", address, { target: `#${id} .inside`, swap: "innerHTML" });
    const alert = dialog.querySelector("[role=alert]");
    if (alert) alert.hidden = true;
    if (!dialog.open && dialog.querySelector(".inside, form")?.childElementCount) dialog.showModal();
    (dialog.querySelector("[autofocus]") ?? dialog.querySelector("input, button"))?.focus();
  }

  function choose(button) {
    const pick = button.closest(".pick");
    const place = pick.querySelector(".chosen");
    if (pick.dataset.many === undefined) place.replaceChildren();
    if ([...place.children].some((one) => one.dataset.chosen === button.dataset.pick)) return;
    const chip = document.createElement("button");
    chip.type = "button";
    chip.className = "button small";
    chip.dataset.chosen = button.dataset.pick;
    chip.textContent = `${button.textContent.trim()} ×`;
    chip.setAttribute("aria-label", pick.dataset.drop.replace("{name}", button.textContent.trim()));
    place.append(chip);
    pick.querySelector(".picks").replaceChildren();
    const query = pick.querySelector("input");
    query.value = "";
    query.focus();
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button, a");
    if (!button) return;
    if (button.dataset.open) {
      event.preventDefault();
      open(button.dataset.open, button.dataset.from);
    } else if (button.dataset.close !== undefined && button.closest("dialog")) button.closest("dialog").close();
    else if (button.dataset.pick !== undefined) choose(button);
    else if (button.dataset.chosen !== undefined) {
      const query = button.closest(".pick").querySelector("input");
      button.remove();
      query.focus();
    } else if (button.dataset.act) act(button, button.dataset.act, JSON.parse(button.dataset.body ?? "{}"));
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.dataset.act) return;
    event.preventDefault();
    const empty = [...form.elements].find((field) => field.required && !field.value);
    const unpicked = [...form.querySelectorAll(".pick[data-required]")].find((pick) => !pick.querySelector("[data-chosen]"));
    if (empty || unpicked) (empty ?? unpicked.querySelector("input")).focus();
    else act(form, form.dataset.act, bodyOf(form));
  });

  /* Up and down walk along a list of keys. */
  document.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const list = event.target.closest("[data-arrows]");
    if (!list) return;
    const stops = [...list.querySelectorAll("[data-stop]")].filter((one) => one.checkVisibility());
    const at = stops.indexOf(event.target.closest("[data-stop]"));
    const next = stops[at + (event.key === "ArrowDown" ? 1 : -1)];
    if (!next) return;
    event.preventDefault();
    next.focus();
  });

  /* A list that is drawn anew stays where it was scrolled to. */
  document.addEventListener("htmx:beforeSwap", () => {
    for (const one of document.querySelectorAll("[data-scroll][id]")) scrolled.set(one.id, one.scrollTop);
  });
  document.addEventListener("htmx:afterSwap", () => {
    for (const one of document.querySelectorAll("[data-scroll][id]")) one.scrollTop = scrolled.get(one.id) ?? 0;
  });

  globalThis.acts = { open, act };
})();
