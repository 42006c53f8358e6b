/*
 * An invisible widget inside a control: it keeps JupyterLab from taking the arrow keys of the element
 * that has the focus.
 */

const CONTROL = ".stylelab-control";

function render({ el }) {
  el.style.display = "none"; // nothing to see
  let control = null;
  let waiting = requestAnimationFrame(function look() {
    control = el.closest(CONTROL); // null until the widget is in the page
    control?.addEventListener("focusin", suppressShortcuts);
    waiting = control ? 0 : requestAnimationFrame(look);
  });
  return () => {
    cancelAnimationFrame(waiting);
    control?.removeEventListener("focusin", suppressShortcuts);
  };
}

export default { render };
