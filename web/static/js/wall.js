/* The wall: brings in what has changed and nothing else, keeps the clock, rings once for each new alarm. */
"use strict";
(() => {
  const POLL_MS = 5000;
  const RING_EVERY_MS = 10000;
  const TURN_MS = 15000;
  const body = document.body;
  const grid = document.getElementById("grid");
  let life = body.dataset.life;
  let version = Number(body.dataset.version);
  let known = new Set((body.dataset.ringing || "").split(",").filter(Boolean));
  let asking = false;
  let again = false;
  let turning = Boolean(body.dataset.turning);
  let turn = 0;

  function fresh(html) {
    const holder = document.createElement("template");
    holder.innerHTML = html.trim();
    return holder.content.firstElementChild;
  }

  function put(id, html) {
    const made = fresh(html);
    const old = document.getElementById(`t-${id}`);
    if (!old) return made;
    const focused = old.contains(document.activeElement);
    old.replaceWith(made);
    if (focused) made.querySelector("a")?.focus({ preventScroll: true });
    return made;
  }

  function show(news) {
    if (news.build !== body.dataset.build) {
      location.reload();
      return false;
    }
    for (const [id, html] of Object.entries(news.tiles)) {
      const made = put(id, html);
      if (!made.isConnected) grid.append(made);
    }
    const wanted = news.order.map((id) => document.getElementById(`t-${id}`));
    if (wanted.includes(null)) return "more";
    const there = [...grid.children];
    if (there.length !== wanted.length || there.some((one, at) => one !== wanted[at])) {
      const focused = document.activeElement;
      const kept = new Set(wanted);
      for (const one of there) if (!kept.has(one)) one.remove();
      wanted.forEach((one, at) => { if (grid.children[at] !== one) grid.insertBefore(one, grid.children[at] ?? null); });
      if (focused?.isConnected && focused !== document.activeElement) focused.focus({ preventScroll: true });
    }
    for (const [name, html] of Object.entries(news.parts)) {
      const part = document.getElementById(`part-${name}`);
      if (!part || part.dataset.was === html || part.querySelector("[aria-busy]")) continue;
      const at = part.contains(document.activeElement) ? document.activeElement.dataset.post ?? document.activeElement.getAttribute("href") : null;
      part.dataset.was = html;
      part.innerHTML = html;
      if (at) [...part.querySelectorAll("[data-post], a")].find((one) => (one.dataset.post ?? one.getAttribute("href")) === at)?.focus({ preventScroll: true });
    }
    fit();
    turning = news.turning;
    if (!turning) turn = 0;
    life = news.life;
    version = news.version;
    ring(news.ringing.map(String));
    return true;
  }

  /* A wall shows whole alarms only: those without room are counted below the list. */
  function fit() {
    const side = document.querySelector(".far .side");
    const more = side?.querySelector(".more");
    if (!side || !more) return;
    const every = [...side.querySelectorAll(".ev")];
    for (const one of every) one.hidden = false;
    const told = more.querySelector("a");
    const left = Number(more.dataset.left);
    const frame = document.getElementById("part-side");
    more.dataset.words ??= told.textContent.replace(/\d+/, "{number}");
    more.hidden = !left;
    for (let count = 0, at = every.length - 1; at > 0 && frame.scrollHeight > frame.clientHeight + 1; at -= 1) {
      every[at].hidden = true;
      count += 1;
      more.hidden = false;
      told.textContent = more.dataset.words.replace("{number}", String(left + count));
    }
  }

  async function ask(whole = false) {
    if (asking) {
      again = true;
      return;
    }
    asking = true;
    again = false;
    try {
      const address = `${body.dataset.news}${turn ? `${body.dataset.news.includes("?") ? "&" : "?"}turn=${turn}` : ""}`;
      const since = whole ? "since=0" : `since=${version}&life=${life}`;
      const answer = await fetch(`${address}${address.includes("?") ? "&" : "?"}${since}`, {
        headers: { "Accept": "application/json" },
        signal: AbortSignal.timeout(8000),
      });
      if (answer.headers.get("hx-refresh")) {
        location.reload();
        return;
      }
      if (!answer.ok) return;
      const news = await answer.json();
      talon.heard();
      if (show(news) === "more" && !whole) again = true, version = 0;
    } catch { /* the band of a lost line says so */ } finally {
      asking = false;
      if (again) setTimeout(ask, 300);
    }
  }

  /* Sound: one tone for new alarms, at most one in ten seconds; a browser lets it sound after the first touch. */
  const button = document.getElementById("sound");
  let sounding = false;
  let audio = null;
  let rang = -Infinity;

  function tone() {
    audio ??= new AudioContext();
    audio.resume();
    const begin = audio.currentTime + 0.02;
    const volume = audio.createGain();
    volume.connect(audio.destination);
    volume.gain.setValueAtTime(0, begin);
    volume.gain.linearRampToValueAtTime(0.3, begin + 0.02);
    volume.gain.setValueAtTime(0.3, begin + 0.5);
    volume.gain.linearRampToValueAtTime(0, begin + 0.7);
    const voice = audio.createOscillator();
    voice.frequency.value = 784;
    voice.connect(volume);
    voice.start(begin);
    voice.stop(begin + 0.75);
    body.dataset.rang = String(Number(body.dataset.rang ?? 0) + 1);
  }

  function ring(ringing) {
    const fresh = ringing.filter((id) => !known.has(id));
    known = new Set(ringing);
    if (!fresh.length) return;
    const name = document.querySelector(`[data-alarm="${fresh[0]}"] a`)?.textContent ?? "";
    const spoken = document.getElementById("spoken");
    spoken.textContent = spoken.dataset.new.replace("{name}", name);
    if (!sounding || performance.now() - rang < RING_EVERY_MS) return;
    rang = performance.now();
    tone();
  }

  function setSound(on) {
    sounding = on;
    button?.setAttribute("aria-pressed", String(on));
    const words = button?.querySelector("span");
    if (words) words.textContent = on ? button.dataset.on : button.dataset.off;
    try { localStorage.setItem("talon-wall-sound", on ? "1" : "0"); } catch { /* a private window forgets */ }
  }

  button?.addEventListener("click", () => {
    setSound(!sounding);
    if (sounding) {
      rang = performance.now();
      tone();
    }
  });
  let kept = null;
  try { kept = localStorage.getItem("talon-wall-sound"); } catch { kept = null; }
  setSound(kept === "1" || (kept === null && body.classList.contains("far")));

  /* The centre's clock, not this screen's. */
  const clock = document.getElementById("clock");
  const began = Number(clock.dataset.now) - performance.now();
  const zone = body.dataset.zone;
  function tick() {
    clock.textContent = new Date(began + performance.now()).toLocaleTimeString("de", { timeZone: zone, hour: "2-digit", minute: "2-digit" });
  }
  setInterval(tick, 1000);
  fit();
  document.fonts?.ready.then(fit);
  addEventListener("resize", fit);

  body.addEventListener("talon:changed", () => ask());
  setInterval(() => document.hidden || ask(), POLL_MS);
  /* More offices than fit: page after page, but never under somebody's hands. */
  setInterval(() => {
    if (!turning || document.hidden || grid.contains(document.activeElement)) return;
    turn += 1;
    ask(true);
  }, TURN_MS);
  if (innerWidth < 700 && body.classList.contains("near") && body.classList.contains("tiles") && !location.search.includes("view=")) {
    location.replace(document.getElementById("as-list").href);
  }
})();
