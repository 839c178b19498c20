/* Answers save by themselves: <form data-autosave="KEY" hx-post="…">. Shows Saving, Saved 09:41, or Not saved, will retry,
   in the page's [data-save-status]. What could not be sent is kept in this browser under KEY (unique per person's answer) and
   sent again when the connection is back, or when the page is opened again. The version field travels with it, so the server
   still notices if somebody else changed the answer meanwhile. */
(() => {
  "use strict";
  const PREFIX = "ztassess.draft.";
  const FORGET_AFTER = 7 * 24 * 3600 * 1000;
  const FIRST_RETRY = 4000;
  const LAST_RETRY = 60000;
  const EXPLAINED = new Set([409, 422]);
  const PASSING = new Set([408, 425, 429]);
  const waiting = new Map();

  const formOf = (event) => event.target.closest?.("form[data-autosave]");
  const current = (key) => document.querySelector(`form[data-autosave="${CSS.escape(key)}"]`);

  const drafts = {
    read(key) {
      try {
        const draft = JSON.parse(localStorage.getItem(PREFIX + key));
        return draft && Date.now() - draft.at < FORGET_AFTER ? draft : null;
      } catch { return null; }
    },
    keep(key, form) {
      const fields = [...new FormData(form)].filter(([name, value]) => name !== "csrfmiddlewaretoken" && typeof value === "string");
      try { localStorage.setItem(PREFIX + key, JSON.stringify({ at: Date.now(), fields })); } catch { /* private mode: only the page keeps it */ }
    },
    drop(key) { try { localStorage.removeItem(PREFIX + key); } catch { /* nothing was kept */ } },
    dropAll() {
      try { for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX)) localStorage.removeItem(key); } catch { /* nothing was kept */ }
    },
  };

  function show(form, state) {
    const status = form?.querySelector("[data-save-status]") || document.querySelector("[data-save-status]");
    if (!status) return;
    status.dataset.state = state;
    if (state === "saved") {
      const now = new Date();
      status.querySelector("[data-save-time]").textContent = now.toTimeString().slice(0, 5);
    }
  }

  function refuse() {
    const text = "Not saved: the server refused it. Load the page again to see what you may change.";
    document.dispatchEvent(new CustomEvent("toast", { detail: { kind: "error", text } }));
  }

  function send(key) {
    const form = current(key);
    if (form) htmx.ajax("POST", form.getAttribute("hx-post") || form.action, { source: form });
    else waiting.delete(key);
  }

  function retryLater(key) {
    const earlier = waiting.get(key);
    clearTimeout(earlier?.timer);
    const pause = earlier ? Math.min(earlier.pause * 2, LAST_RETRY) : FIRST_RETRY;
    waiting.set(key, { pause, timer: setTimeout(() => send(key), pause) });
  }

  function settle(key) {
    clearTimeout(waiting.get(key)?.timer);
    waiting.delete(key);
  }

  document.addEventListener("htmx:beforeRequest", (event) => {
    const form = formOf(event);
    if (!form) return;
    drafts.keep(form.dataset.autosave, form);
    show(form, "saving");
  });

  document.addEventListener("htmx:afterRequest", (event) => {
    const form = formOf(event);
    if (!form) return;
    const key = form.dataset.autosave;
    const { status } = event.detail.xhr;
    if (event.detail.successful && status < 400) {
      settle(key);
      drafts.drop(key);
      show(current(key), "saved");
    } else if (status >= 400 && status < 500 && !PASSING.has(status)) {
      // Refused for good. For a conflict or wrong input the fragment says why and holds what was entered.
      settle(key);
      drafts.drop(key);
      show(current(key) || form, "refused");
      if (!EXPLAINED.has(status)) refuse();
    } else {
      // Status 200 means that a sign-in page came instead of an answer: kept, and sent after signing in.
      show(form, "waiting");
      if (status !== 200) retryLater(key);
    }
  });

  addEventListener("online", () => { for (const key of waiting.keys()) send(key); });

  document.addEventListener("submit", (event) => {
    if (event.target.matches("[data-forget-drafts]")) drafts.dropAll();
  });

  function restore(form) {
    const draft = drafts.read(form.dataset.autosave);
    if (!draft) return;
    const values = new Map(draft.fields);
    for (const field of form.elements) {
      if (!field.name || field.name === "csrfmiddlewaretoken" || field.type === "file") continue;
      if (field.type === "radio") field.checked = values.get(field.name) === field.value;
      else if (field.type === "checkbox") field.checked = draft.fields.some(([name, value]) => name === field.name && value === field.value);
      else if (values.has(field.name)) field.value = values.get(field.name);
    }
    send(form.dataset.autosave);
  }

  for (const form of document.querySelectorAll("form[data-autosave]")) restore(form);
})();
