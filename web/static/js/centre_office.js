/* The line of waits of an office, drawn anew only when its data changed. */
"use strict";
(() => {
  let plot = null;
  let drawn = "";
  const token = (name) => getComputedStyle(document.body).getPropertyValue(name).trim();

  function clockOf(zone) {
    const made = new Intl.DateTimeFormat("de", { timeZone: zone, hour: "2-digit", minute: "2-digit" });
    return (seconds) => made.format(new Date(seconds * 1000));
  }

  function draw() {
    const source = document.getElementById("series");
    const place = document.getElementById("chart");
    if (!source || !place || typeof uPlot === "undefined") return;
    const text = source.dataset.series;
    if (text === drawn && place.firstChild) return;
    const told = JSON.parse(text);
    const norm = told.at.map(() => told.norm);
    const end = Math.max(told.closes, told.at[told.at.length - 1]);
    const data = [[...told.at, end], [...told.mean, null], [...told.max, null], [...norm, told.norm]];
    drawn = text;
    if (plot && place.contains(plot.root)) {
      plot.setData(data);
      return;
    }
    const clock = clockOf(told.zone);
    const font = "15px \"Golos Text\", sans-serif";
    const number = (self, value) => (value == null ? "—" : String(value));
    place.replaceChildren();
    plot = new uPlot({
      width: place.clientWidth,
      height: 240,
      cursor: { drag: { x: false, y: false } },
      legend: { live: true },
      scales: { x: { time: true, range: () => [Math.min(told.opens, told.at[0]), end] }, y: { range: (self, low, high) => [0, Math.max(told.norm * 1.3, high * 1.1)] } },
      axes: [
        { font, stroke: token("--ink2"), grid: { show: false }, values: (self, ticks) => ticks.map(clock), space: 70 },
        { font, stroke: token("--ink2"), grid: { stroke: token("--hair"), width: 1 }, size: 44 },
      ],
      series: [
        { label: told.words.time, value: (self, value) => (value == null ? "—" : clock(value)) },
        { label: told.words.mean, stroke: token("--act"), width: 3, points: { show: false }, value: number },
        { label: told.words.max, stroke: token("--ink2"), width: 1.5, points: { show: false }, value: number },
        { label: told.words.norm, stroke: token("--ink"), width: 1.5, dash: [6, 4], points: { show: false }, value: number },
      ],
    }, data, place);
  }

  document.addEventListener("DOMContentLoaded", () => {
    draw();
    addEventListener("resize", () => plot && plot.setSize({ width: document.getElementById("chart").clientWidth, height: 240 }));
  });
  document.addEventListener("htmx:afterSettle", draw);
})();
