/*
 * JupyterLab takes arrow keys for itself, even from a list that has the focus, unless the very element
 * that has it is marked. This marks what gets the focus inside a control.
 */

const CONTROL = ".stylelab-control";

/** Mark an element: no shortcuts of JupyterLab's while it has the focus. */
function suppressShortcuts(event) {
  event.target.setAttribute("data-lm-suppress-shortcuts", "true");
}

function render({ el }) {
  el.style.display = "none"; // there is nothing to see
  let control = null;
  let waiting = requestAnimationFrame(function look() {
    control = el.closest(CONTROL); // none before the widget is in the page
    control?.addEventListener("focusin", suppressShortcuts);
    waiting = control ? 0 : requestAnimationFrame(look);
  });
  return () => {
    cancelAnimationFrame(waiting);
    control?.removeEventListener("focusin", suppressShortcuts);
  };
}

export default { render };
