/* Drill-down: a part of a drawing whose customdata is an address of this site leads there. By pointer, and by keyboard:
   the drawing's parts are one stop of the tab key, the arrow keys go from one to the next, Enter follows. charts.js tells
   of each drawing with the event "figure:drawn". The same addresses are links in the figure's table. */
(() => {
  "use strict";
  const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  const isAddress = (value) => typeof value === "string" && value.startsWith("/") && !value.startsWith("//");

  function addressOf(event) {
    return event.points.map((point) => point.customdata).find(isAddress);
  }

  function bars(plot) {
    const found = [];
    for (const group of plot.querySelectorAll(".trace.bars")) {
      const trace = group.__data__?.[0]?.trace;
      if (!trace?.customdata) continue;
      for (const point of group.querySelectorAll(".point")) {
        const at = point.__data__?.i;
        const path = point.querySelector("path");
        if (path && trace.x[at] && isAddress(trace.customdata[at])) found.push({ path, trace, at, url: trace.customdata[at] });
      }
    }
    return found.sort((one, other) => one.trace.y.indexOf(one.trace.y[one.at]) - other.trace.y.indexOf(other.trace.y[other.at]));
  }

  function reachable(plot) {
    const all = bars(plot);
    all.forEach(({ path, trace, at, url }, place) => {
      path.setAttribute("role", "link");
      path.setAttribute("tabindex", place ? "-1" : "0");
      path.setAttribute("aria-label", `${trace.y[at]}: ${trace.x[at]} ${trace.name}`);
      path.dataset.leads = url;
    });
  }

  function step(event) {
    const path = event.target.closest?.("[data-leads]");
    if (!path) return;
    if (event.key === "Enter") {
      location.assign(path.dataset.leads);
    } else if (STEPS[event.key]) {
      const all = bars(path.closest("[data-figure]")).map((bar) => bar.path);
      const next = all[(all.indexOf(path) + STEPS[event.key] + all.length) % all.length];
      event.preventDefault();
      path.setAttribute("tabindex", "-1");
      next.setAttribute("tabindex", "0");
      next.focus();
    }
  }

  document.addEventListener("figure:drawn", ({ target: plot }) => {
    reachable(plot);
    if (plot.dataset.drills) return;
    plot.dataset.drills = "yes";
    plot.on("plotly_click", (event) => {
      const url = addressOf(event);
      if (url) location.assign(url);
    });
    plot.on("plotly_hover", (event) => plot.classList.toggle("leads", Boolean(addressOf(event))));
    plot.on("plotly_unhover", () => plot.classList.remove("leads"));
  });
  document.addEventListener("keydown", step);
})();
