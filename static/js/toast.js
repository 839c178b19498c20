/* Toasts: closes them, lets those that report success go by themselves, and shows new ones for the event "toast"
   ({text, kind, url, word}), which a response can raise by the header HX-Trigger. Errors stay until closed. */
(() => {
  "use strict";
  const STAYS = 8000;
  const region = () => document.getElementById("toasts");

  function leaveLater(toast) {
    if (toast.matches(".error, .warning")) return;
    const timer = setTimeout(() => toast.remove(), STAYS);
    for (const name of ["pointerenter", "focusin"]) toast.addEventListener(name, () => clearTimeout(timer));
  }

  document.addEventListener("click", (event) => {
    event.target.closest("[data-toast-close]")?.closest("[data-toast]").remove();
  });

  document.addEventListener("toast", (event) => {
    const { text, kind = "success", url, word } = event.detail;
    if ([...region().querySelectorAll("[data-toast-text]")].some((shown) => shown.dataset.toastText === text)) return;
    const template = document.getElementById(`toast-${kind}`) || document.getElementById("toast-success");
    const toast = template.content.firstElementChild.cloneNode(true);
    const words = toast.querySelector("span");
    words.dataset.toastText = words.textContent = text;
    if (url) {
      const link = document.createElement("a");
      link.href = url;
      link.textContent = word;
      words.append(" ", link);
    }
    region().append(toast);
    leaveLater(toast);
  });

  for (const toast of region().querySelectorAll("[data-toast]")) leaveLater(toast);
})();
