/*
 * A widget inside a control, invisible until it has something to say. It keeps JupyterLab from taking the
 * arrow keys of the element that has the focus, and says when the kernel is gone or does not answer, and
 * when a field refuses what was written.
 */

const CONTROL = ".stylelab-control";
const CHANGED_BY_CLICK = "button, input[type=checkbox]";

/** What is wrong with a field for a number, in a sentence; empty if nothing is. */
export function refusal({ type, value, validity }) {
  if (type !== "number" || value !== "") return "";
  const received = validity.badInput ? "something that is no number" : "an empty field";
  return `Expected a number. Received: ${received}. The field keeps the number that it had.`;
}

function render({ model, el }) {
  const line = document.createElement("p");
  line.setAttribute("role", "status");
  el.classList.add("stylelab-control-guard");
  el.append(line);
  const channel = openChannelOf(model, (sentence) => { line.textContent = sentence; });
  const onChange = ({ target }) => {
    if (target.matches(CHANGED_BY_CLICK)) return;
    line.textContent = refusal(target);
    if (!line.textContent) channel.ping();
  };
  const onClick = ({ target }) => { if (target.closest(CHANGED_BY_CLICK)) channel.ping(); };
  let control = null;
  let waiting = requestAnimationFrame(function look() {
    control = el.closest(CONTROL); // null until the widget is in the page
    waiting = control ? 0 : requestAnimationFrame(look);
    control?.addEventListener("focusin", suppressShortcuts);
    control?.addEventListener("keydown", changeOnEnter);
    // Asked before the change is sent, so that the answer does not wait for the figure that it draws.
    control?.addEventListener("change", onChange, true);
    control?.addEventListener("click", onClick, true);
  });
  return () => {
    cancelAnimationFrame(waiting);
    channel.close();
    control?.removeEventListener("focusin", suppressShortcuts);
    control?.removeEventListener("keydown", changeOnEnter);
    control?.removeEventListener("change", onChange, true);
    control?.removeEventListener("click", onClick, true);
  };
}

export default { render };
