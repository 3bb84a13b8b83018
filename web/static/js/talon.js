/* What every live page shares: the feed, the age, the line, and sending a command once. */
"use strict";
(() => {
  const LOST_MS = 15000;
  const page = document.documentElement;
  let answered = performance.now();
  let pressing = false;
  let going = 0;
  const last = new Map();

  const amount = (milliseconds) => {
    const seconds = Math.floor(milliseconds / 1000);
    const unit = { ru: ["с", "мин"], uk: ["с", "хв"], en: ["s", "min"] }[language()] ?? ["s", "min"];
    return seconds < 60 ? `${seconds}\u00a0${unit[0]}` : `${Math.floor(seconds / 60)}\u00a0${unit[1]}`;
  };
  const language = () => document.getElementById("view")?.lang || page.lang;

  /* A random key: crypto.randomUUID is missing on plain http, getRandomValues is not. */
  function key() {
    return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  /* Sends a command and sends it again with the same key while nobody answers: the same key is the same command.
     Resolves to {ok, status, body}; rejects when the line stays dead. */
  async function send(path, body, { idempotency = key(), method = "POST", tries = 3, patience = 6000 } = {}) {
    for (let left = tries; ; left -= 1) {
      try {
        const answer = await fetch(path, {
          method,
          headers: {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Accept-Language": language(),
            "Idempotency-Key": idempotency,
          },
          body: JSON.stringify(body ?? {}),
          signal: AbortSignal.timeout(patience),
        });
        heard();
        const text = await answer.text();
        let told = null;
        try { told = text ? JSON.parse(text) : null; } catch { told = null; }
        return { ok: answer.ok, status: answer.status, body: told };
      } catch (failure) {
        if (left <= 1) throw failure;
        await new Promise((done) => setTimeout(done, 700));
      }
    }
  }

  function sentence(problem, otherwise) {
    return problem?.detail || otherwise;
  }

  function heard() {
    answered = performance.now();
    age();
  }

  function age() {
    const silent = performance.now() - answered;
    const lost = document.getElementById("lost");
    if (lost) {
      const gone = silent >= LOST_MS && Boolean(document.querySelector("[hx-trigger]") || document.body.dataset.live);
      if (gone) lost.querySelector("span").textContent = lost.dataset.text.replace("{age}", amount(silent));
      lost.hidden = !gone;
      document.body.classList.toggle("stale", gone);
    }
    for (const shown of document.querySelectorAll("[data-age]")) {
      shown.textContent = silent < 2000 ? shown.dataset.now : shown.dataset.text.replace("{age}", amount(silent));
    }
    document.dispatchEvent(new CustomEvent("talon:second"));
  }

  const changed = () => document.body.dispatchEvent(new CustomEvent("talon:changed"));

  function listen() {
    const stream = new EventSource("/api/v1/events");
    stream.addEventListener("changed", changed);
    stream.addEventListener("error", () => {
      if (stream.readyState === EventSource.CLOSED) setTimeout(listen, 5000);
    });
  }

  document.addEventListener("pointerdown", () => { pressing = true; }, true);
  for (const name of ["pointerup", "pointercancel"]) document.addEventListener(name, () => { setTimeout(() => { pressing = false; }, 0); }, true);

  /* While somebody's own touch is being answered, no refresh may take away the place of the answer. */
  const own = (event) => event.detail.elt !== event.detail.target;
  document.addEventListener("htmx:beforeRequest", (event) => { if (own(event)) going += 1; });
  document.addEventListener("htmx:afterRequest", (event) => { if (own(event)) going = Math.max(0, going - 1); });

  /* A refresh that brings nothing new, or comes between a finger's down and up, leaves the page as it is. */
  document.addEventListener("htmx:beforeSwap", (event) => {
    const detail = event.detail;
    const live = detail.requestConfig.elt === detail.target;
    if (detail.xhr.status >= 400 && detail.xhr.status < 500 && detail.xhr.responseText.includes('id="view"')) {
      detail.shouldSwap = true;
      detail.isError = false;
      return;
    }
    const id = detail.target.id;
    const held = id === "bells" ? "[data-busy-now]" : "dialog[open], [data-busy-now], [data-asked]";  // the bell waits for no dialog
    if (live && (pressing || going || !detail.target.isConnected || document.querySelector(held) || last.get(id) === detail.xhr.responseText)) detail.shouldSwap = false;
    else last.set(id, detail.xhr.responseText);
  });
  document.addEventListener("htmx:afterRequest", (event) => { if (event.detail.xhr?.status > 0) heard(); });
  document.addEventListener("htmx:afterSettle", age);
  document.addEventListener("visibilitychange", () => document.hidden || changed());
  addEventListener("online", changed);

  globalThis.talon = { send, key, sentence, changed, heard };
  document.addEventListener("DOMContentLoaded", () => {
    setInterval(age, 1000);
    if (document.querySelector("[hx-trigger]") || document.body.dataset.live) listen();
  });
})();
