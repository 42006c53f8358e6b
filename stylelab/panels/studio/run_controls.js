/** Buttons, status line, progress bar, and numbers of a run. */

const ARROW_BACK = "M8 3V.8L4.6 3.9 8 7V4.7a3.6 3.6 0 1 1-3.6 3.6H2.7A5.3 5.3 0 1 0 8 3z";
const TRIANGLE = "M4 2.5v11l9-5.5z";

const SHORTCUTS = { start: "Control+Enter", resume: "Control+Enter", pause: "Escape" };

const BUTTONS = [
  ["start", "Start", TRIANGLE, "Paint with these pictures and settings (Ctrl+Enter)"],
  ["pause", "Pause", "M4 3h3v10H4zM9 3h3v10H9z", "Hold the run; weights can be changed meanwhile (Escape)"],
  ["resume", "Resume", TRIANGLE, "Go on with the run (Ctrl+Enter)"],
  ["stop", "Stop", "M3.5 3.5h9v9h-9z", "End the run and keep its best picture"],
  ["reset", "Reset", ARROW_BACK, "Back to the settings and the empty picture of the beginning; kept runs stay"],
  ["close", "Close", CROSS, "End the run and close the studio; the last picture stays"],
];

function runControls({ model, send, keys }) {
  const get = (name) => model.get("controls")[name];
  const enabled = (action) => get("enabled").includes(action);
  const press = (action) => enabled(action) && send("press", { action });
  // aria-disabled, not disabled: a button that was just pressed keeps the focus.
  const buttons = BUTTONS.map(([action, text, path, title]) => {
    // Where it is narrow, Close shows its sign alone, so each has a label.
    const attributes = { title, "aria-label": text, onclick: () => press(action) };
    if (action in SHORTCUTS) attributes["aria-keyshortcuts"] = SHORTCUTS[action];
    const button = make(`button.button.${action}`, attributes);
    button.append(icon(path), make("span", {}, text));
    return button;
  });
  const [, pause, resume] = buttons;
  const row = make("div.buttons", { role: "group", "aria-label": "Run" }, ...buttons);
  const status = make("p.status", { role: "status", "aria-live": "polite" });
  const numbers = make("p.progress-text");
  const bar = make("div.bar", {
    role: "progressbar", "aria-label": "Progress of the run", "aria-valuemin": 0, "aria-valuemax": 100,
  });
  const element = make("div.controls", {}, row, bar, make("div.lines", {}, status, numbers));
  let said = ""; // what the page says of the kernel

  keys.set("Control+Enter", () => press("start") || press("resume"));
  keys.set("Meta+Enter", () => press("start") || press("resume"));
  keys.set("Escape", () => press("pause"));

  const draw = () => {
    // Pause and Resume take turns in one place; the focus moves along.
    const paused = get("state") === "paused";
    const focused = document.activeElement;
    resume.hidden = !paused;
    pause.hidden = paused;
    if (focused === pause && paused) resume.focus();
    if (focused === resume && !paused) pause.focus();
    BUTTONS.forEach(([action], index) => buttons[index].setAttribute("aria-disabled", !enabled(action)));
    element.dataset.state = get("state");
    const text = said || get("status");
    if (status.textContent !== text) status.textContent = text;
    status.classList.toggle("stylelab-wrong", get("is_error") && !said);
    status.classList.toggle("stylelab-of-the-kernel", Boolean(said));
    numbers.textContent = said ? "" : get("progress_text");
    bar.style.setProperty("--share", get("share"));
    bar.setAttribute("aria-valuenow", Math.round(100 * get("share")));
  };
  const say = (text) => {
    said = text;
    draw();
  };
  return { element, say, stop: follow(model, { controls: draw }) };
}
