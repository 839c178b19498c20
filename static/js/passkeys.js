/* Says in the page what allauth's own scripts only write to the console: the browser was not given a passkey. */
(() => {
  "use strict";
  document.addEventListener("allauth.error", (event) => {
    const place = document.querySelector("[data-passkey-error]");
    if (!place) return;
    const canceled = event.detail.exception?.name === "NotAllowedError";
    place.querySelector("p").textContent = canceled
      ? "No passkey was used: the request was canceled or took too long. Nothing changed. You can try again."
      : "This browser could not use a passkey here. Nothing changed. Try another browser or another way to sign in.";
    place.hidden = false;
    event.preventDefault();
  });
})();
