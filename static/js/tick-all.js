/* <button data-ticks="NAME"> ticks every checkbox of that name in its form, or none of them when all are ticked. */
(() => {
  "use strict";
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-ticks]");
    const boxes = button ? [...button.form.querySelectorAll(`input[type=checkbox][name="${button.dataset.ticks}"]`)] : [];
    const all = boxes.every((box) => box.checked);
    for (const box of boxes) box.checked = !all;
  });
})();
