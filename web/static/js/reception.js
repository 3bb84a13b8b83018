/* Reception: the search is always at hand, a number that was given is shown large. */
"use strict";
(() => {
  const query = () => document.getElementById("q");
  let entered = false;
  const show = (ticket) => htmx.ajax("GET", `/reception/given/${ticket}`, { target: "#given", swap: "innerHTML" });

  /* Enter takes the first row, but only of the list that belongs to what is typed now. */
  function takeFirst() {
    const list = document.querySelector("#found [data-query]");
    if (list?.dataset.query === query().value.trim()) {
      entered = false;
      list.querySelector("[data-stop]")?.click();
    } else if (!entered) {
      entered = true;
      htmx.trigger(query(), "search");
    } else entered = false;
  }
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target.id === "found" && entered) takeFirst();
  });

  document.addEventListener("talon:acted", (event) => {
    const { from, body } = event.detail;
    if (from.dataset.gives !== undefined && body?.id) {
      show(body.id);
      query().value = "";
      htmx.trigger(query(), "search");
      query().focus();
    } else if (from.dataset.forgets !== undefined) document.getElementById("given").replaceChildren();
    if (from.dataset.done) document.getElementById("told").textContent = from.dataset.done;
    if (from.dataset.then) location.assign(from.dataset.then);
  });

  document.addEventListener("keydown", (event) => {
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "F2") {
      event.preventDefault();
      query().select();
      query().focus();
    } else if (event.key === "F4") {
      event.preventDefault();
      document.querySelector("#line [data-stop]")?.focus();
    } else if (event.target === query() && event.key === "ArrowDown") {
      event.preventDefault();
      document.querySelector("#found [data-stop]")?.focus();
    } else if (event.target === query() && event.key === "Enter" && query().value.trim()) {
      event.preventDefault();
      takeFirst();
    } else if (event.target === query() && event.key === "Escape") {
      query().value = "";
      htmx.trigger(query(), "search");
    }
  });
})();
