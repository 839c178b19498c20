/* What a person entered and the server has not confirmed yet, kept in this browser: window.drafts. A draft belongs to one person
   ([data-person] of the page), so that nobody else's session ever sends it, and is forgotten when they sign out. */
(() => {
  "use strict";
  const PREFIX = "ztassess.draft.";
  const FORGET_AFTER = 7 * 24 * 3600 * 1000;
  const person = () => document.querySelector("[data-person]")?.dataset.person || "";
  const sendable = ([name, value]) => name !== "csrfmiddlewaretoken" && typeof value === "string";

  // Storage may be refused (private mode, full disk): then the open page alone keeps what was entered.
  const attempt = (action, otherwise = null) => { try { return action(); } catch { return otherwise; } };

  function read(key) {
    const draft = attempt(() => JSON.parse(localStorage.getItem(PREFIX + key)));
    return draft && draft.person === person() && Date.now() - draft.at < FORGET_AFTER ? draft : null;
  }

  function keep(key, form) {
    const draft = {
      at: Date.now(), person: person(), url: form.getAttribute("hx-post") || form.action,
      page: location.pathname + location.search, fields: [...new FormData(form)].filter(sendable),
    };
    attempt(() => localStorage.setItem(PREFIX + key, JSON.stringify(draft)));
  }

  const drop = (key) => attempt(() => localStorage.removeItem(PREFIX + key));
  const keys = () => attempt(() => Object.keys(localStorage).filter((key) => key.startsWith(PREFIX)).map((key) => key.slice(PREFIX.length)), []);

  document.addEventListener("submit", (event) => {
    if (event.target.matches("[data-forget-drafts]")) keys().forEach(drop);
  });

  window.drafts = { read, keep, drop, keys };
})();
