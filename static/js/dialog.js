/* Native dialogs: <button data-opens="ID"> opens, <button data-closes> and a click on the backdrop close.
   Without scripts the dialog's content stands in the page (dialog.css). */
(() => {
  "use strict";
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) {
      document.getElementById(opener.dataset.opens)?.showModal();
    } else if (event.target.closest("[data-closes]")) {
      event.target.closest("dialog")?.close();
    } else if (event.target.matches("dialog[open]")) {
      event.target.close();
    }
  });
})();
