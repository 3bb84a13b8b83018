/* The bell at the ramp: its seconds run, and it is heard as long as nobody has answered. */
"use strict";
(() => {
  const EVERY_S = 10;
  const TONES = [660, 880, 1175];
  const begun = new WeakMap();
  let sound = null;
  let silentFor = EVERY_S;
  let told = "";

  /* A browser lets a page sound only after somebody has touched it; the band says the same to the eye. */
  const wake = () => {
    sound ??= new AudioContext();
    if (sound.state === "suspended") sound.resume();
  };
  for (const touch of ["pointerdown", "keydown"]) document.addEventListener(touch, wake, { capture: true });

  function chime(loud) {
    if (!sound || sound.state !== "running") return;
    TONES.forEach((tone, place) => {
      const at = sound.currentTime + place * 0.22;
      const voice = sound.createOscillator();
      const strength = sound.createGain();
      voice.frequency.value = tone;
      strength.gain.setValueAtTime(0, at);
      strength.gain.linearRampToValueAtTime(loud ? 0.9 : 0.4, at + 0.02);
      strength.gain.linearRampToValueAtTime(0, at + 0.2);
      voice.connect(strength).connect(sound.destination);
      voice.start(at);
      voice.stop(at + 0.22);
    });
    document.body.dataset.chimes = Number(document.body.dataset.chimes ?? 0) + 1;
  }

  function run() {
    const now = performance.now();
    for (const shown of document.querySelectorAll("[data-run]")) {
      if (!begun.has(shown)) begun.set(shown, now);
      const seconds = Number(shown.dataset.run) + Math.floor((now - begun.get(shown)) / 1000);
      const text = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
      if (shown.textContent !== text) shown.textContent = text;
    }
  }

  function tell() {
    const place = document.getElementById("bell-said");
    const ringing = [...document.querySelectorAll(".ring.rung h2")].map((one) => one.textContent).join(". ");
    if (place && ringing !== told) place.textContent = ringing;
    told = ringing;
  }

  document.addEventListener("talon:second", () => {
    run();
    tell();
    silentFor += 1;
    const ringing = document.querySelector(".ring.rung");
    if (!ringing) silentFor = EVERY_S;
    else if (silentFor >= EVERY_S) {
      silentFor = 0;
      chime(Boolean(document.querySelector(".ring.rung[data-late]")));
    }
  });
})();
