/* A double click sends a form once. Buttons come back when the page is shown again (back button) and after a while,
   because a download leaves the page where it is. Forms that htmx sends are left to htmx; data-repeatable opts out. */
(() => {
  "use strict";
  const COMES_BACK = 10000;
  const sent = new Set();

  function release(form) {
    sent.delete(form);
    for (const button of form.querySelectorAll("[aria-busy]")) {
      button.removeAttribute("aria-busy");
      button.disabled = false;
    }
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || form.matches("[hx-post], [data-repeatable]")) return;
    if (sent.has(form)) {
      event.preventDefault();
      return;
    }
    sent.add(form);
    // Later, not now: a disabled button would not send its own name and value.
    setTimeout(() => {
      if (event.submitter) {
        event.submitter.setAttribute("aria-busy", "true");
        event.submitter.disabled = true;
      }
    });
    setTimeout(() => release(form), COMES_BACK);
  });
  addEventListener("pageshow", () => { for (const form of [...sent]) release(form); });
})();
