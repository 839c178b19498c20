/* Walk mode, on pages with [data-walk]: 1 to 4 choose the level, N and P follow the links [data-walk-next] and
   [data-walk-previous]. Never while somebody types, and never together with a modifier key. */
(() => {
  "use strict";
  const LONGEST_WAIT = 1500;
  const typing = (element) => element.closest("textarea, select, [contenteditable], input:not([type=radio], [type=checkbox])");

  function choose(number) {
    const level = document.querySelector(`[data-walk] input[type=radio][name=level][value="${number - 1}"]:enabled`);
    if (!level) return false;
    level.focus();
    if (!level.checked) level.click();
    return true;
  }

  // Going on at once would cut off the save that the last key started.
  function follow(selector) {
    const link = document.querySelector(selector);
    if (!link) return false;
    if (document.querySelector("[data-save-status][data-state=saving]")) {
      let gone = false;
      const go = () => { if (!gone) link.click(); gone = true; };
      document.addEventListener("htmx:afterRequest", go, { once: true });
      setTimeout(go, LONGEST_WAIT);
    } else {
      link.click();
    }
    return true;
  }

  document.addEventListener("keydown", (event) => {
    if (!document.querySelector("[data-walk]") || document.querySelector("dialog[open]")) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return;
    const key = event.key.toLowerCase();
    const done = /^[1-4]$/.test(key) ? choose(Number(key))
      : key === "n" ? follow("[data-walk-next]")
      : key === "p" ? follow("[data-walk-previous]")
      : false;
    if (done) event.preventDefault();
  });
})();
