/* Copy buttons: <button data-copy> copies the <pre> of its .code block; <button data-copy="#id"> copies that element. */
(() => {
  "use strict";
  const SHOWN_FOR = 2000;

  function say(button, word) {
    const place = button.querySelector("[data-copy-word]") || button;
    place.dataset.before ??= place.textContent;
    place.textContent = word;
    setTimeout(() => { place.textContent = place.dataset.before; }, SHOWN_FOR);
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const named = button.dataset.copy;
    const source = named ? document.querySelector(named) : button.closest(".code").querySelector("pre");
    const text = "value" in source ? source.value : source.innerText;
    try {
      await navigator.clipboard.writeText(text);
      say(button, "Copied");
    } catch {
      // No clipboard on plain http or without the permission: select it, so that one key press is left.
      getSelection().selectAllChildren(source);
      say(button, "Selected, press Ctrl+C");
    }
  });
})();
