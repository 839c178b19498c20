/* Answers save by themselves: <form data-autosave="KEY" hx-post="…">. Shows Saving, Saved 09:41, or Not saved, will retry, in
   [data-save-status]. What could not be sent is kept (drafts.js) and sent again when the connection is back or the form is
   opened again. The version and the key of the form travel with it: the server notices a change by somebody else, and does
   not do twice what it did already. */
(() => {
  "use strict";
  const FIRST_RETRY = 4000;
  const LAST_RETRY = 60000;
  const EXPLAINED = new Set([409, 422]);
  const PASSING = new Set([408, 425, 429]);
  const TOKENS = new Set(["csrfmiddlewaretoken", "idempotency_key"]);
  const waiting = new Map();
  const sentUnder = new Map();

  const formOf = (event) => event.target.closest?.("form[data-autosave]");
  const current = (key) => document.querySelector(`form[data-autosave="${CSS.escape(key)}"]`);

  function show(form, state) {
    const status = form?.querySelector("[data-save-status]") || document.querySelector("[data-save-status]");
    if (!status) return;
    status.dataset.state = state;
    if (state === "saved") status.querySelector("[data-save-time]").textContent = new Date().toTimeString().slice(0, 5);
  }

  function refuse() {
    const text = "Not saved: the server refused it. Load the page again to see what you may change.";
    document.dispatchEvent(new CustomEvent("toast", { detail: { kind: "error", text } }));
  }

  function send(key) {
    const form = current(key);
    if (form) htmx.ajax("POST", form.getAttribute("hx-post"), { source: form });
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
    drafts.drop(key);
  }

  // A key stands for one content. What was edited after a lost reply is another content and gets another key.
  function freshKey(form) {
    const field = form.querySelector("[name=idempotency_key]");
    if (!field) return;
    const content = JSON.stringify([...new FormData(form)].filter(([name]) => !TOKENS.has(name)));
    if ((sentUnder.get(field.value) ?? content) !== content) {
      field.value = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    }
    sentUnder.set(field.value, content);
    return field.value;
  }

  document.addEventListener("htmx:configRequest", (event) => {
    const form = formOf(event);
    const key = form && freshKey(form);
    if (key) event.detail.parameters.idempotency_key = key;
  });

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
      show(current(key), "saved");
    } else if (status >= 400 && status < 500 && !PASSING.has(status)) {
      // Refused for good. For a conflict or wrong input the fragment says why and holds what was entered.
      settle(key);
      show(current(key) || form, "refused");
      if (!EXPLAINED.has(status)) refuse();
    } else {
      // Status 200 means that a sign-in page came instead of an answer: kept, and sent after signing in.
      show(form, "waiting");
      if (status !== 200) retryLater(key);
    }
  });

  addEventListener("online", () => { for (const key of waiting.keys()) send(key); });

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

  // After htmx has read its configuration, which it does on the same event.
  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("form[data-autosave]").forEach(restore));
})();
