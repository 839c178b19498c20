/* Draws every [data-figure="ID"] from the JSON of the script element ID, with Plotly. Figures name colors by token,
   "var(--proven)" or "var(--claimed) / 0.38"; they are read from the page, and again when the theme changes. Titles, legends
   and tables are HTML around the drawing. On narrow screens an annotation or shape with the name "optional" is left out, and
   what stands in layout.meta.narrow replaces the layout's own. Each drawing is told of with the event "figure:drawn". On
   paper everything is light, as wide as A4 has room for, and a little lower, so that two stand on a page. */
(() => {
  "use strict";
  const NARROW = 480;
  const NARROW_TICKS = 4;
  const PAPER = 660;
  const PAPER_HEIGHT = 0.8;
  const TOKEN = /^var\((--[a-z0-9-]+)\)(?:\s*\/\s*([\d.]+))?$/;
  const CONFIG = { displayModeBar: false, responsive: false, showTips: false, doubleClick: false };
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);

  function color(token, alpha) {
    probe.style.color = `var(${token})`;
    const computed = getComputedStyle(probe).color;
    return alpha ? computed.replace(/^rgba?\(([^,]+,[^,]+,[^,)]+).*$/, `rgba($1, ${alpha})`) : computed;
  }

  function resolved(value) {
    if (typeof value === "string") {
      const match = TOKEN.exec(value);
      return match ? color(match[1], match[2]) : value;
    }
    if (Array.isArray(value)) return value.map(resolved);
    if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolved(inner)]));
    return value;
  }

  const isPlain = (value) => value && typeof value === "object" && !Array.isArray(value);

  function merged(base, own) {
    const result = { ...base };
    for (const [key, value] of Object.entries(own || {})) result[key] = isPlain(value) && isPlain(base[key]) ? merged(base[key], value) : value;
    return result;
  }

  function house() {
    const text = getComputedStyle(document.body);
    const axis = { fixedrange: true, ticklabelstandoff: 6, zeroline: false, showline: false, ticks: "", automargin: true };
    return {
      font: { family: text.fontFamily, size: 12, color: "var(--ink-3)" },
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      margin: { l: 36, r: 8, t: 8, b: 28 },
      showlegend: false, dragmode: false, hovermode: "x unified", barcornerradius: 2,
      hoverlabel: { bgcolor: "var(--surface)", bordercolor: "var(--line)", font: { size: 13, color: "var(--ink)", family: text.fontFamily } },
      xaxis: { ...axis, showgrid: false },
      yaxis: { ...axis, gridcolor: "var(--line)", rangemode: "tozero" },
    };
  }

  function forWidth(layout, width) {
    if (width >= NARROW) return layout;
    const needed = (list) => (list || []).filter((item) => item.name !== "optional");
    const own = merged(layout, layout.meta?.narrow);
    return { ...own, annotations: needed(own.annotations), shapes: needed(own.shapes), xaxis: { ...own.xaxis, nticks: NARROW_TICKS } };
  }

  function draw(plot, fixed) {
    const source = document.getElementById(plot.dataset.figure);
    if (!source || !window.Plotly) return;
    const figure = JSON.parse(source.textContent);
    const width = fixed || plot.clientWidth;
    if (!width) return;
    const layout = forWidth(resolved(merged(house(), figure.layout)), width);
    const height = (layout.height || plot.clientHeight) * (fixed ? PAPER_HEIGHT : 1);
    plot.dataset.width = width;
    Plotly.react(plot, resolved(figure.data), { ...layout, width, height, autosize: false }, CONFIG);
    plot.dispatchEvent(new CustomEvent("figure:drawn", { bubbles: true }));
  }

  let onPaper = false;
  const all = () => document.querySelectorAll("[data-figure]");
  const drawAll = () => all().forEach((plot) => draw(plot));

  const resized = new ResizeObserver((entries) => {
    for (const { target } of entries) if (!onPaper && String(target.clientWidth) !== target.dataset.width) requestAnimationFrame(() => draw(target));
  });

  function printing(light) {
    const root = document.documentElement;
    onPaper = light;
    if (light) {
      root.dataset.before = root.dataset.theme || "";
      root.dataset.theme = "light";
    } else if (root.dataset.before) {
      root.dataset.theme = root.dataset.before;
    } else {
      delete root.dataset.theme;
    }
    all().forEach((plot) => draw(plot, light ? PAPER : 0));
  }

  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  addEventListener("beforeprint", () => printing(true));
  addEventListener("afterprint", () => printing(false));
  document.addEventListener("htmx:load", (event) => event.target.querySelectorAll?.("[data-figure]").forEach((plot) => resized.observe(plot)));
  all().forEach((plot) => resized.observe(plot));
})();
