/* Keeps relative times true while a page stays open: every <time data-ago datetime="…">.
   The table of units is the one of ztassess/common/templatetags/times.py. */
(() => {
  "use strict";
  const UNITS = [[31536000, "year"], [2592000, "month"], [86400, "day"], [3600, "hour"], [60, "minute"]];
  const JUST_NOW = 45;

  function relative(moment, now) {
    const seconds = (now - moment) / 1000;
    const distance = Math.abs(seconds);
    if (distance < JUST_NOW) return "just now";
    const [size, unit] = UNITS.find(([size]) => distance >= size) || UNITS[UNITS.length - 1];
    const count = Math.max(1, Math.floor(distance / size));
    const text = `${count} ${unit}${count === 1 ? "" : "s"}`;
    return seconds > 0 ? `${text} ago` : `in ${text}`;
  }

  function refresh() {
    const now = Date.now();
    for (const element of document.querySelectorAll("time[data-ago]")) {
      const text = relative(Date.parse(element.dateTime), now);
      if (element.textContent !== text) element.textContent = text;
    }
  }

  setInterval(refresh, 60000);
  document.addEventListener("visibilitychange", () => document.hidden || refresh());
})();
