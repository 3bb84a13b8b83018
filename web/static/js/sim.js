/* The bench: what a finger, a hand and a pair of scissors would do to the devices. */
"use strict";
(() => {
  const words = JSON.parse(document.body.dataset.words);
  const part = (id) => document.getElementById(id);
  const stuck = new Set();
  let controls = "";
  let shown = "";
  let asking = false;

  const element = (tag, name, text) => {
    const made = document.createElement(tag);
    if (name) made.className = name;
    if (text !== undefined) made.textContent = text;
    return made;
  };

  async function tell(path, body) {
    const said = part("said");
    said.hidden = true;
    try {
      const answer = await talon.send(path, body, { tries: 1 });
      if (!answer.ok) throw new Error(talon.sentence(answer.body, document.body.dataset.noanswer));
    } catch (failure) {
      said.textContent = failure instanceof TypeError || failure.name === "TimeoutError" ? document.body.dataset.noanswer : failure.message;
      said.hidden = false;
    }
    talon.changed();
    setTimeout(look, 400);
  }

  function keyButton(control, name, digit) {
    const button = element("button", "cap");
    button.type = "button";
    button.dataset.control = control;
    if (digit) button.append(element("kbd", "", digit));
    button.append(element("span", "", name));
    return button;
  }

  function panels(names) {
    const desks = new Map();
    const kiosk = [];
    for (const control of names) {
      const [kind, ...rest] = control.split("/");
      if (kind === "desk") desks.set(rest[0], [...(desks.get(rest[0]) ?? []), [control, rest[1]]]);
      else kiosk.push([control, rest.join("/")]);
    }
    const made = [];
    for (const [number, keys] of desks) {
      const box = element("div", "panel");
      box.append(element("h3", "", words.desks[number] ?? number));
      const row = element("div", "caps");
      keys.forEach(([control, key], index) => row.append(keyButton(control, words.keys[key] ?? key, index + 1)));
      box.append(row);
      made.push(box);
    }
    if (kiosk.length) {
      const box = element("div", "panel wide");
      box.append(element("h3", "", words.kiosk));
      const row = element("div", "caps");
      for (const [control, service] of kiosk) row.append(keyButton(control, words.services[service] ?? service, ""));
      box.append(row);
      made.push(box);
    }
    part("panels").replaceChildren(...made);
  }

  function papers(list) {
    if (!list.length) {
      part("papers").replaceChildren(element("li", "calm", words.noPaper));
      return;
    }
    part("papers").replaceChildren(...[...list].reverse().map((paper) => {
      const item = element("li", paper.torn ? "torn" : "");
      const picture = element("img");
      picture.src = `/api/v1/sim/paper/${paper.n}.png`;
      picture.alt = paper.text.join(" ");
      const notes = [words.paper.replace("{n}", paper.n + 1)];
      if (paper.copy_marked) notes.push(words.copy);
      if (paper.torn) notes.push(words.torn);
      item.append(picture, element("p", "age", notes.join(", ")));
      return item;
    }));
  }

  function spoken(list) {
    if (!list.length) {
      part("spoken").replaceChildren(element("li", "calm", words.silence));
      return;
    }
    part("spoken").replaceChildren(...[...list].reverse().map((one) => {
      const item = element("li", "", one.text);
      item.lang = one.language;
      return item;
    }));
  }

  async function look() {
    if (asking) return;
    asking = true;
    try {
      const answer = await fetch("/api/v1/sim/state", { cache: "no-store", signal: AbortSignal.timeout(4500) });
      if (!answer.ok) return;
      const state = await answer.json();
      if (JSON.stringify(state.controls) !== controls) {
        controls = JSON.stringify(state.controls);
        panels(state.controls);
      }
      part("printer").hidden = !state.printer;
      const now = JSON.stringify([state.papers, state.spoken]);
      if (now === shown) return;
      shown = now;
      papers(state.papers);
      spoken(state.spoken);
    } catch {
      // The age in the bar tells it.
    } finally {
      asking = false;
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.fault) tell("/api/v1/sim/printer", { fault: button.dataset.fault });
    else if (button.id === "take") tell("/api/v1/sim/paper/take", {});
    else if (button.dataset.control) {
      const control = button.dataset.control;
      const gesture = document.querySelector("[name=gesture]:checked").value;
      const kind = stuck.has(control) ? "release" : gesture;
      if (kind === "stick") stuck.add(control); else stuck.delete(control);
      button.setAttribute("aria-pressed", String(stuck.has(control)));
      tell("/api/v1/sim/press", { control, kind });
    }
  });
  document.addEventListener("DOMContentLoaded", () => {
    document.body.addEventListener("talon:changed", () => setTimeout(look, 150));
    setInterval(look, 2500);
    look();
  });
})();
