/** The studio: pictures and settings at the left, the picture, its losses and the runs at the right. */

const NATIVE_KEYS = ["TEXTAREA", "SELECT"];

function render({ model, el }) {
  const keys = new Map(); // what a shortcut does: "Control+Enter" → function
  const connection = connect(model, (text) => say(text));
  const studio = { model, keys, send: connection.send, isAnswered: connection.isAnswered };

  const photo = pictureChooser(studio, "photo");
  const painting = pictureChooser(studio, "painting");
  const styles = stylesPanel(studio);
  const form = settingsForm(studio);
  const pass = onePass(studio, [painting, styles, form]);
  const controls = runControls(studio);
  const drawing = maskSession(studio);
  const view = pictureView(studio);
  const losses = lossCurves(studio);
  const gallery = runGallery(studio);
  const grid = runGrid(studio);
  const save = savePanel(studio);
  const parts = [photo, painting, styles, form, pass, controls, drawing, view, losses, gallery, grid, save];
  const say = (text) => {
    controls.say(text);
    root.classList.toggle("stylelab-gone", text === GONE);
  };

  const pictures = make("div.pictures", {}, photo.element, painting.element);
  const left = make("div.left", {}, pass.method, pictures, styles.element, form.element, pass.element);
  const shown = [drawing, view, losses, gallery, grid, save].map(({ element }) => element);
  const right = make("div.right", {}, ...shown);
  // The controls come first, for Tab and for narrow pages; a grid puts them above the picture.
  const columns = make("div.columns", {}, controls.element, left, right);
  const root = make("div.studio", { role: "group", "aria-label": "Style transfer studio" }, columns);
  el.append(root);
  root.addEventListener("focusin", suppressShortcuts);

  root.addEventListener("keydown", (event) => {
    const name = `${event.ctrlKey ? "Control+" : ""}${event.metaKey ? "Meta+" : ""}${event.key}`;
    const act = keys.get(name);
    if (!act || event.altKey || document.fullscreenElement) return;
    if (event.key === "Escape" && NATIVE_KEYS.includes(event.target.tagName)) return;
    act();
    event.preventDefault();
    event.stopPropagation();
  });
  root.addEventListener("paste", (event) => {
    const file = [...event.clipboardData.files].find(({ type }) => type.startsWith("image/"));
    if (!file) return;
    const toPainting = painting.element.contains(event.target);
    (toPainting ? painting : photo).onfile(file);
    event.preventDefault();
  });

  return () => {
    parts.forEach((part) => part.stop());
    connection.close();
  };
}

/** Loss curves and the share of each term, drawn by the kernel. */
function lossCurves({ model }) {
  const shares = make("div.shares");
  const curves = make("div.curves");
  const element = make("div.progress", {}, shares, curves);
  const draw = () => {
    const { curves: svg, shares: html } = model.get("losses");
    shares.innerHTML = html;
    curves.innerHTML = svg;
    element.hidden = !svg;
  };
  return { element, stop: follow(model, { losses: draw }) };
}

export default { render };
