/* What htmx must not do silently: put a whole page (the sign-in page, after the session ended) into a fragment's place,
   or fail without a word. Forms that save by themselves speak for themselves (autosave.js). */
(() => {
  "use strict";
  const say = (detail) => document.dispatchEvent(new CustomEvent("toast", { detail: { kind: "error", ...detail } }));
  const speaksForItself = (element) => Boolean(element?.closest("[data-autosave]"));

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    if (!/^\s*<!doctype/i.test(xhr.responseText || "")) return;
    event.detail.shouldSwap = false;
    event.detail.isError = true;
    event.detail.signedOut = true;
    say({ text: "You are signed out. What you entered is kept in this browser.", url: location.href, word: "Sign in" });
  });

  document.addEventListener("htmx:responseError", (event) => {
    if (speaksForItself(event.detail.elt) || event.detail.signedOut) return;
    const refused = event.detail.xhr.status < 500;
    say({
      text: refused
        ? "That was refused. Nothing was changed. Load the page again to see what you may do."
        : "The server could not do that. Nothing was changed. Try again in a minute.",
    });
  });

  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, (event) => {
      if (!speaksForItself(event.detail.elt)) say({ text: "No answer from the server. Nothing was changed. Check your connection." });
    });
  }
})();
