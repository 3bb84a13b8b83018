/* The kiosk: one finger, one ticket. */
"use strict";
(() => {
  const PATIENCE_S = Number(document.body.dataset.patient);
  let offer = new Map();
  let taking = false;
  let quiet = 0;
  let closing = { ticket: "", left: 0 };

  const view = () => document.getElementById("view");
  const show = (address) => htmx.ajax("GET", address, { target: "#view", swap: "outerHTML" });

  function say(text) {
    const said = document.getElementById("said");
    said.querySelector("p").textContent = text;
    said.hidden = false;
    said.querySelector("button").focus({ preventScroll: true });
  }

  function keyOf(asked) {
    if (!offer.has(asked)) offer.set(asked, talon.key());
    return offer.get(asked);
  }

  /* A key belongs to one offer of one wish: a second tap on the same key gets the same ticket, never a second one. */
  async function take(button) {
    if (taking) return;
    taking = true;
    const here = view();
    const asked = button.dataset.take;
    button.setAttribute("aria-busy", "true");
    here.dataset.busyNow = "1";
    try {
      const answer = await talon.send("/api/v1/tickets", { ...JSON.parse(asked), language: here.lang, paper: true }, { idempotency: keyOf(asked) });
      if (answer.ok) {
        offer = new Map();
        const address = new URL(location.href);
        const screen = new URLSearchParams(address.search);
        screen.set("lang", here.lang);
        if (here.classList.contains("large")) screen.set("large", "1"); else screen.delete("large");
        await show(`/kiosk/ticket/${answer.body.id}?${screen}`);
      } else {
        /* Nobody knows yet, or not now: the same key must be asked again, or the visitor would hold two numbers. */
        const unknown = ["store-failed", "mailbox-full"].includes(answer.body?.code);
        say(unknown ? here.dataset.failed : talon.sentence(answer.body, here.dataset.failed));
        if (!unknown) offer = new Map();
      }
    } catch {
      say(here.dataset.failed);
    } finally {
      delete here.dataset.busyNow;
      button.removeAttribute("aria-busy");
      taking = false;
    }
  }

  function plural(number, line) {
    const form = new Intl.PluralRules(view().lang).select(number);
    return (line.dataset[form] ?? line.dataset.many).replace("{n}", number);
  }

  function second() {
    const here = view();
    const done = here.querySelector("[data-close]");
    if (done) {
      if (closing.ticket !== done.dataset.ticket) closing = { ticket: done.dataset.ticket, left: Number(done.dataset.close) };
      else closing.left -= 1;
      const left = Math.max(0, closing.left);
      const line = done.querySelector("#closing");
      line.textContent = plural(left, line);
      done.querySelector("rect").setAttribute("width", String(100 * left / Number(done.dataset.close)));
      if (closing.left <= 0) show(here.dataset.home);
      return;
    }
    closing = { ticket: "", left: 0 };
    const idle = Number(here.dataset.idle);
    const still = document.getElementById("still");
    const atHome = here.dataset.view === "home" && here.getAttribute("hx-get") === here.dataset.home;
    quiet = atHome ? 0 : quiet + 1;
    if (!still || !idle) return;
    const asking = quiet >= idle;
    if (asking && still.hidden) still.querySelector("button").focus({ preventScroll: true });
    still.hidden = !asking;
    if (asking) still.querySelector("p").textContent = still.dataset.text.replace("{seconds}", String(Math.max(0, idle + PATIENCE_S - quiet)));
    if (quiet >= idle + PATIENCE_S) {
      quiet = 0;
      show(here.dataset.home);
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-take]");
    if (button) take(button);
    if (event.target.closest("[data-dismiss]")) document.getElementById("said").hidden = true;
  });
  for (const name of ["pointerdown", "keydown"]) document.addEventListener(name, () => {
    quiet = 0;
    const still = document.getElementById("still");
    if (still) still.hidden = true;
  });
  document.addEventListener("htmx:afterSettle", () => { document.documentElement.lang = view().lang; });
  document.addEventListener("contextmenu", (event) => event.preventDefault());
  setInterval(second, 1000);
})();
