/* The bench: what a finger, a hand and a pair of scissors would do to the devices. */
"use strict";
(() => {
  const words = JSON.parse(document.body.dataset.words);
  const part = (id) => document.getElementById(id);
  const stuck = new Set();
  const answered = new Map();
  let built = "";
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

  function lamp(name, label) {
    const made = element("span", "lamp", label);
    made.dataset.lamp = name;
    return made;
  }

  function box(title, wide, keys, lamps) {
    const made = element("div", wide ? "panel wide" : "panel");
    const head = element("div", "panelhead");
    head.append(element("h3", "", title));
    if (lamps.length) {
      const row = element("p", "lamps");
      row.append(...lamps);
      head.append(row);
    }
    made.append(head);
    const row = element("div", "caps");
    row.append(...keys);
    made.append(row);
    return made;
  }

  function panels(state) {
    const desks = new Map();
    const kiosk = [];
    const bells = new Map();
    const lit = new Set(state.lamps.map((one) => one.name));
    for (const control of state.controls) {
      const [kind, ...rest] = control.split("/");
      if (kind === "desk") desks.set(rest[0], [...(desks.get(rest[0]) ?? []), [control, rest[1]]]);
      else if (kind === "kiosk") kiosk.push([control, rest.join("/")]);
      else if (kind === "bell" || kind === "answer") bells.set(rest[0], [...(bells.get(rest[0]) ?? []), [control, kind]]);
    }
    const made = [];
    for (const [number, keys] of desks) {
      const caps = keys.map(([control, key], index) => keyButton(control, words.keys[key] ?? key, index + 1));
      made.push(box(words.desks[number] ?? number, false, caps, lit.has(`desk/${number}`) ? [lamp(`desk/${number}`, "")] : []));
    }
    for (const [name, keys] of bells) {
      const caps = keys.map(([control, kind]) => keyButton(control, kind === "bell" ? words.ring : words.answer, ""));
      const lamps = ["heard", "coming", "buzzer"].filter((one) => lit.has(`bell/${name}/${one}`)).map((one) => lamp(`bell/${name}/${one}`, words.lamps[one]));
      made.push(box(bells.size > 1 ? `${words.bell}: ${name}` : words.bell, true, caps, lamps));
    }
    if (kiosk.length) made.push(box(words.kiosk, true, kiosk.map(([control, service]) => keyButton(control, words.services[service] ?? service, "")), []));
    part("panels").replaceChildren(...made);
  }

  function faults(devices) {
    part("faults").replaceChildren(...devices.map((device) => {
      const row = element("div", "faultrow");
      row.append(element("b", "", words.kinds[device.kind] ?? device.kind));
      if (device.name !== device.kind) row.append(element("code", "", device.name));
      const chips = element("span", "chips");
      chips.append(...device.faults.map((fault) => {
        const chip = element("button", "chip", words.faults[fault] ?? fault);
        chip.type = "button";
        chip.dataset.device = device.name;
        chip.dataset.fault = fault;
        chip.setAttribute("aria-pressed", "false");
        return chip;
      }));
      row.append(chips);
      return row;
    }));
  }

  function boards(list) {
    part("boards-title").hidden = !list.length;
    part("boards").replaceChildren(...list.map((board) => {
      const made = element("figure", "display");
      if (board.picture) {
        const picture = element("img");
        picture.src = `/api/v1/sim/board/${board.name}.png?${Date.now()}`;
        picture.alt = board.text || words.dark;
        made.append(picture);
      } else made.append(element("output", "digits", board.text || "\u00a0"));
      made.append(element("figcaption", "", board.desk === null ? board.name : words.desks[board.desk] ?? board.name));
      return made;
    }));
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
      const item = element("li", "");
      const said = element("span", "", one.text);
      said.lang = one.language;
      const listen = element("button", "button small", words.listen);
      listen.type = "button";
      listen.dataset.listen = one.n;
      item.append(said, listen);
      return item;
    }));
  }

  function lights(lamps) {
    for (const one of lamps) {
      const shown = document.querySelector(`[data-lamp="${one.name}"]`);
      if (!shown) continue;
      shown.classList.toggle("on", one.on);
      const before = answered.get(one.name) ?? [one.blinks, one.refusals];
      if (one.blinks > before[0]) flash(shown, "blinked");
      else if (one.refusals > before[1]) flash(shown, "refused");
      answered.set(one.name, [one.blinks, one.refusals]);
    }
  }

  function flash(shown, name) {
    shown.classList.remove("blinked", "refused");
    void shown.offsetWidth;
    shown.classList.add(name);
    setTimeout(() => shown.classList.remove(name), 1200);
  }

  async function look() {
    if (asking) return;
    asking = true;
    try {
      const answer = await fetch("/api/v1/sim/state", { cache: "no-store", signal: AbortSignal.timeout(4500) });
      if (!answer.ok) return;
      const state = await answer.json();
      const layout = JSON.stringify([state.controls, state.devices.map((one) => [one.name, one.faults])]);
      if (layout !== built) {
        built = layout;
        panels(state);
        faults(state.devices);
      }
      lights(state.lamps);
      for (const device of state.devices) for (const fault of device.faults) {
        const chip = document.querySelector(`.chip[data-device="${device.name}"][data-fault="${fault}"]`);
        if (chip) chip.setAttribute("aria-pressed", String(device.active.includes(fault)));
      }
      part("printer").hidden = !state.printer;
      const now = JSON.stringify([state.papers, state.spoken, state.boards]);
      if (now === shown) return;
      shown = now;
      papers(state.papers);
      spoken(state.spoken);
      boards(state.boards);
    } catch {
      // The age in the bar tells it.
    } finally {
      asking = false;
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.fault) tell("/api/v1/sim/fault", { device: button.dataset.device, fault: button.dataset.fault, on: button.getAttribute("aria-pressed") !== "true" });
    else if (button.id === "take") tell("/api/v1/sim/paper/take", {});
    else if (button.dataset.listen) new Audio(`/api/v1/sim/spoken/${button.dataset.listen}.wav`).play().catch(() => {});
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
