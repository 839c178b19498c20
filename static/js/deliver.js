/* Sends drafts whose form is not on this page: somebody went on before the answer was saved, or came back after the
   connection was lost. A conflict is left for the form's own page, which shows both versions. */
(() => {
  "use strict";
  const token = () => document.querySelector("[name=csrfmiddlewaretoken]")?.value;
  const say = (text, url) => document.dispatchEvent(new CustomEvent("toast", { detail: { kind: "error", text, url, word: "Look at it" } }));

  async function deliver(key, draft) {
    const body = new URLSearchParams(draft.fields);
    body.set("csrfmiddlewaretoken", token());
    const headers = { "HX-Request": "true" };
    const response = await fetch(draft.url, { method: "POST", body, headers, redirect: "manual", keepalive: true }).catch(() => null);
    if (!response) return;
    if (response.ok) drafts.drop(key);
    else if (response.status === 409 || response.status === 422) say("An answer from before could not be saved.", draft.page);
    else if (response.status === 403 || response.status === 404) {
      drafts.drop(key);
      say("An answer from before was refused. What stands on the server did not change.", draft.page);
    }
  }

  function deliverAll() {
    if (!token()) return;
    for (const key of drafts.keys()) {
      const draft = drafts.read(key);
      if (draft && !document.querySelector(`form[data-autosave="${CSS.escape(key)}"]`)) deliver(key, draft);
    }
  }

  addEventListener("online", deliverAll);
  document.addEventListener("DOMContentLoaded", deliverAll);
})();
