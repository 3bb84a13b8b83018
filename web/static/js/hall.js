/* The hall board. It asks every 5 s whatever happens; the event stream only makes it ask sooner. A screen that
   hardware.toml names (`?screen=NAME`) tells every 10 s that it lives and which state it shows. */
"use strict";
(() => {
  const POLL_MS = 5000;
  const LOST_MS = 15000;
  const BEAT_MS = 10000;
  const LETTERS = ["АБВГҐДЕЁЄЖЗИІЇЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ", "абвгґдеёєжзиіїйклмнопрстуфхцчшщъыьэюя"];
  const COLOURS = 10;
  const ROWS = { landscape: 5, portrait: 7 };
  const body = document.body;
  const words = JSON.parse(body.dataset.words);
  const languages = Object.keys(words);
  const first = languages[0];
  const part = (id) => document.getElementById(id);
  const portrait = matchMedia("(orientation: portrait)");
  const title = document.querySelector("h1");
  const screenName = new URLSearchParams(location.search).get("screen");
  let answered = performance.now();
  let asking = false;
  let again = false;
  let latest = null;
  let drawn = "";
  let newestShown = 0;

  const element = (tag, name, text) => {
    const made = document.createElement(tag);
    if (name) made.className = name;
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const inLanguage = (tag, language, text, name) => {
    const made = element(tag, name, text);
    made.lang = language;
    return made;
  };
  const filled = (sentence, values) =>
    Object.entries(values).reduce((text, [name, value]) => text.replaceAll(`{${name}}`, value), sentence);
  const spaced = (language, text) => text.replaceAll(" ", "\u00a0");
  const distinct = (key) => {
    const seen = new Set();
    return languages.filter((language) => !seen.has(words[language][key]) && seen.add(words[language][key]));
  };

  function arrow() {
    const space = "http://www.w3.org/2000/svg";
    const drawing = document.createElementNS(space, "svg");
    drawing.setAttribute("class", "icon");
    drawing.setAttribute("aria-hidden", "true");
    const use = document.createElementNS(space, "use");
    use.setAttribute("href", body.dataset.icon);
    drawing.append(use);
    return drawing;
  }

  function heads() {
    const row = element("div", languages.length > 1 ? "heads many" : "heads");
    const ticket = element("span", "what");
    ticket.append(...distinct("ticket").map((language) => inLanguage("span", language, words[language].ticket)));
    const place = element("span", "place");
    place.append(...distinct("place").map((language) => inLanguage("span", language, words[language].place)));
    row.append(ticket, place);
    return row;
  }

  function callRow(call, newest) {
    const row = element("div", "call");
    row.classList.toggle("newest", newest);
    row.classList.toggle("long", call.label.length > 5);
    row.classList.toggle("longer", call.label.length > 6);
    row.classList.toggle("longest", call.label.length > 7);
    row.classList.toggle("wide", call.desk > 99);
    row.dataset.ticket = call.ticket;
    row.append(element("span", "label", call.label.replaceAll(" ", "\u00a0")), arrow(), element("span", "place", call.desk));
    return row;
  }

  /* The hall stands still: one calm sentence, and no yellow, since nobody is called now. */
  function halted(view) {
    const box = element("div", languages.length > 1 ? "halted many" : "halted");
    for (const language of languages) {
      const told = element("section");
      told.lang = language;
      told.append(element("p", "why", words[language].halted[view.paused] ?? words[language].halted.other), element("p", "calm", words[language].calm));
      box.append(told);
    }
    part("calls").replaceChildren(title, box);
  }

  function calls(view) {
    if (view.paused) {
      halted(view);
      return;
    }
    const rows = (portrait.matches ? ROWS.portrait : ROWS.landscape) - (view.message ? 1 : 0);
    const shown = view.calls.slice(0, rows);
    if (!shown.length) {
      const nobody = element("div", languages.length > 1 ? "nobody many" : "nobody");
      for (const language of languages) {
        nobody.append(inLanguage("p", language, view.open ? words[language].nobodyCalled : words[language].closed));
      }
      if (view.open && languages.length === 1) nobody.append(inLanguage("p", first, words[first].watch));
      part("calls").replaceChildren(title, heads(), nobody);
      return;
    }
    const list = shown.map((call, index) => callRow(call, index === 0));
    while (list.length < rows) {
      const blank = element("div", "call blank");
      blank.setAttribute("aria-hidden", "true");
      list.push(blank);
    }
    part("calls").replaceChildren(title, heads(), ...list);
  }

  function waiting(view) {
    const box = part("waiting");
    box.replaceChildren();
    const lines = element("div", "lines");
    if (view.waiting > 0) box.append(element("b", "", view.waiting));
    for (const language of languages) {
      const form = new Intl.PluralRules(language).select(view.waiting);
      const text = view.waiting > 0 ? words[language].waiting[form] : words[language].nobodyWaits;
      const line = inLanguage("span", language, text);
      if (view.waiting === 0) line.className = "sentence";
      lines.append(line);
    }
    box.append(lines);
    box.hidden = !view.open && view.waiting === 0;
  }

  /* A text of the situation centre: two lines at most, one for each of two languages. */
  function told(view) {
    const box = part("told");
    const texts = view.message ? [...new Set(languages.map((language) => view.message[language]))].slice(0, 2) : [];
    box.hidden = texts.length === 0;
    part("board").classList.toggle("telling", texts.length > 0);
    box.replaceChildren(...texts.map((text) =>
      inLanguage("span", languages.find((language) => view.message[language] === text), text, texts.length > 1 ? "one" : "two")));
  }

  function note(view) {
    const box = part("note");
    box.hidden = view.on_break.length === 0;
    box.replaceChildren(
      ...languages.map((language) =>
        inLanguage("span", language, filled(words[language].onBreak, { list: view.on_break.join(",\u00a0") }))),
    );
  }

  /* Everything that a panel may get wrong: its edges, its colours, the letters that fonts forget. */
  function pattern(view) {
    const box = part("pattern");
    box.hidden = screenName === null || !view.patterns.includes(screenName);
    if (box.hidden) return;
    const bars = element("div", "colours");
    for (let index = 0; index < COLOURS; index += 1) bars.append(element("i"));
    box.replaceChildren(
      element("p", "size", `${screenName}   ${innerWidth} × ${innerHeight}`),
      element("p", "digits", "0123456789"),
      ...LETTERS.map((letters) => element("p", "letters", letters)),
      bars,
      ...["a", "b", "c", "d"].map((corner) => element("b", `corner ${corner}`)),
    );
  }

  function draw(view) {
    pattern(view);
    part("clock").hidden = view.now === null;
    part("clock").textContent = view.now ?? "";
    const shownDate = view.date === null ? null : new Date(`${view.date}T12:00:00`);
    part("date").hidden = view.now === null || shownDate === null || Number.isNaN(shownDate.getTime());
    if (!part("date").hidden) {
      const style = portrait.matches ? { weekday: "long", day: "numeric", month: "long" } : { weekday: "short", day: "numeric", month: "long" };
      part("date").textContent = new Intl.DateTimeFormat(first === "en" ? "en-GB" : first, style).format(shownDate).replace(/(\d+) /, "$1\u00a0");
      part("date").lang = first;
    }
    const same = JSON.stringify([view.calls, view.waiting, view.open, view.on_break, view.paused, portrait.matches]);
    if (same === drawn) return;
    calls(view);
    waiting(view);
    note(view);
    told(view);
    drawn = same;
  }

  function age() {
    const silent = performance.now() - answered;
    const lost = silent >= LOST_MS;
    part("board").classList.toggle("stale", lost);
    part("lost").hidden = !lost;
    if (!lost) return;
    const seconds = Math.floor(silent / 1000);
    const lines = languages.map((language) => {
      const told = words[language];
      const time = seconds < 60 ? filled(told.seconds, { number: seconds }) : filled(told.minutes, { number: Math.floor(seconds / 60) });
      const line = inLanguage("span", language, `${filled(told.lost, { age: spaced(language, time) })}. ${told.listen}`);
      return line;
    });
    part("lost").lastElementChild.replaceChildren(...lines);
  }

  async function ask() {
    if (asking) {
      again = true;
      return;
    }
    asking = true;
    try {
      const answer = await fetch("/api/v1/hall", { cache: "no-store", signal: AbortSignal.timeout(4500) });
      if (answer.ok) {
        latest = await answer.json();
        answered = performance.now();
        draw(latest);
        const begins = newestShown === 0;
        newestShown = latest.seq;
        if (begins) tell();
      }
    } catch {
      // The age that the board shows is the report.
    } finally {
      asking = false;
      age();
      if (again) {
        again = false;
        ask();
      }
    }
  }

  /* Only a page that is really painted has anything to tell. */
  function tell() {
    if (screenName !== null) requestAnimationFrame(beat);
  }

  function beat() {
    fetch(`/api/v1/hall/screens/${encodeURIComponent(screenName)}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ seq: newestShown, age_ms: Math.round(performance.now() - answered) }),
      signal: AbortSignal.timeout(4500),
    }).catch(() => {
      // Silence is the report.
    });
  }

  function listen() {
    const stream = new EventSource("/api/v1/events");
    stream.addEventListener("changed", ask);
    stream.addEventListener("error", () => {
      if (stream.readyState === EventSource.CLOSED) setTimeout(listen, POLL_MS);
    });
  }

  portrait.addEventListener("change", () => latest && draw(latest));
  document.addEventListener("visibilitychange", () => document.hidden || ask());
  setInterval(ask, POLL_MS);
  setInterval(age, 1000);
  setInterval(tell, BEAT_MS);
  ask();
  listen();
})();
