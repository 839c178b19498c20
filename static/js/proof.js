/* A form that needs a fresh proof is not sent once the proof is too old: what was typed would be lost with the answer.
   After the seconds that [data-proof-note] names, the page is asked for its head: a redirect means that it asks anew. */
(() => {
  "use strict";
  const loaded = Date.now();
  const passed = new WeakSet();

  async function isAsked() {
    try {
      const answer = await fetch(location.href, { method: "HEAD", redirect: "manual", cache: "no-store" });
      return answer.type === "opaqueredirect";
    } catch {
      return false; // no network: let the browser say so
    }
  }

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    const note = form.querySelector("[data-proof-note]");
    if (!note || passed.has(form) || event.defaultPrevented) return;
    if (Date.now() - loaded < Number(note.dataset.left) * 1000) return;
    event.preventDefault();
    const submitter = event.submitter;
    const asked = await isAsked();
    form.querySelector("[data-proof-over]").hidden = !asked;
    note.hidden = asked;
    if (asked) return;
    passed.add(form);
    form.requestSubmit(submitter);
    passed.delete(form);
  });
})();
