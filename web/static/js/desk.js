/* A desk: three keys, each press says what the person saw. */
"use strict";
(() => {
  const number = document.body.dataset.desk;
  const STORED = "talon.desk.shortcuts";
  let busy = false;
  let message = "";
  let drawnAt = performance.now();

  const panel = () => document.getElementById("panel");

  function say(text) {
    message = text;
    const said = document.getElementById("said");
    said.textContent = text;
    said.hidden = !text;
  }

  talon.say = say;

  async function post(path, body, button) {
    if (busy) return false;
    busy = true;
    say("");
    button?.setAttribute("aria-busy", "true");
    try {
      const answer = await talon.send(path, body);
      if (answer.ok) {
        talon.changed();
        return true;
      }
      if (answer.status === 401 || answer.status === 403) location.reload();
      say(talon.sentence(answer.body, document.body.dataset.noanswer));
      talon.changed();
      return false;
    } catch {
      say(document.body.dataset.noanswer);
      return false;
    } finally {
      busy = false;
      button?.removeAttribute("aria-busy");
    }
  }

  const press = (button) => post(`/api/v1/desks/${number}/press`, {
    key: button.dataset.key,
    long: "long" in button.dataset,
    expects: Number(panel().dataset.expects),
  }, button);

  const shortcuts = () => document.getElementById("shortcuts");
  const allowed = () => localStorage.getItem(STORED) !== "off";

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.key) press(button);
    else if (button.dataset.post) {
      const done = await post(button.dataset.post, JSON.parse(button.dataset.body ?? "{}"), button);
      if (done && button.id === "sign-out") location.reload();
    }
  });

  document.addEventListener("keydown", (event) => {
    const digit = /^Digit([1234])$/.exec(event.code) ?? (event.shiftKey ? null : /^Numpad([1234])$/.exec(event.code));
    if (!digit || event.repeat || event.ctrlKey || event.altKey || event.metaKey || !allowed()) return;
    if (document.querySelector("dialog[open]") || event.target.closest("input:not([type=checkbox]), select, textarea")) return;
    event.preventDefault();
    if (digit[1] === "4") {
      document.getElementById("more-open").click();
      return;
    }
    const key = ["next", "repeat", "finish"][Number(digit[1]) - 1];
    document.getElementById(`${event.shiftKey ? "long" : "key"}-${key}`)?.click();
  });

  document.addEventListener("change", (event) => {
    if (event.target === shortcuts()) localStorage.setItem(STORED, event.target.checked ? "on" : "off");
  });

  const two = (value) => String(value).padStart(2, "0");
  function clock(seconds) {
    const hours = Math.floor(seconds / 3600);
    const minutes = Math.floor(seconds / 60) % 60;
    return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${two(minutes)}:${two(seconds % 60)}`;
  }

  document.addEventListener("talon:second", () => {
    const passed = Math.floor((performance.now() - drawnAt) / 1000);
    const shown = document.querySelector("[data-elapsed]");
    if (shown) {
      const seconds = Number(shown.dataset.elapsed) + passed;
      shown.textContent = clock(seconds);
      const bar = document.querySelector(".run");
      if (bar) bar.setAttribute("width", String(Math.min(100, 75 * seconds / Number(bar.dataset.norm))));
    }
    const undo = document.querySelector("[data-left]");
    if (undo) {
      const left = Number(undo.dataset.left) - passed;
      if (left > 0) undo.textContent = undo.dataset.text.replace("{n}", String(left));
      else if (!undo.hidden) {
        undo.hidden = true;
        talon.changed();
      }
    }
  });

  function settled() {
    drawnAt = performance.now();
    const box = shortcuts();
    if (box) box.checked = allowed();
    if (message) say(message);
  }
  document.addEventListener("htmx:afterSettle", settled);
  document.addEventListener("DOMContentLoaded", settled);
})();
