/**
 * Make an element. Attributes whose name starts with "on" are listeners; `false` leaves one out.
 * @param {string} tag
 * @param {Object<string, any>} attributes
 * @param {...(Node | string)} children
 */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

/** Ids must differ between two views of one widget on a page. */
function uniqueId(name) {
  return `stylelab-${name}-${Math.random().toString(36).slice(2, 10)}`;
}

/** Call `draw` now and at each change of the traits; give a function that ends this. */
function follow(model, traits, draw) {
  const events = traits.map((name) => `change:${name}`);
  events.forEach((event) => model.on(event, draw));
  draw();
  return () => events.forEach((event) => model.off(event, draw));
}

/**
 * Keep a field in step with a value, except while a reader is writing in it.
 * @param {HTMLInputElement} input
 * @param {() => any} value
 */
function inStep(input, value) {
  let writing = false;
  input.addEventListener("input", () => (writing = true));
  const settle = () => {
    writing = false;
    draw();
  };
  input.addEventListener("change", settle);
  input.addEventListener("blur", settle);
  const draw = () => {
    if (!writing && input.value !== String(value())) input.value = value();
  };
  return draw;
}

/** A trait of bytes, as something an `<img>` can show; null if it is empty. */
function pictureUrl(bytes) {
  if (!bytes || !bytes.byteLength) return null;
  return URL.createObjectURL(new Blob([bytes], { type: "image/jpeg" }));
}

/**
 * Mark a part of the studio, and keep JupyterLab's own keys out of it: it takes arrow keys for
 * itself unless the very element that has the focus is marked.
 */
function becomePart(element, name) {
  element.classList.add(`stylelab-${name}`);
  element.addEventListener("focusin", (event) =>
    event.target.setAttribute("data-lm-suppress-shortcuts", "true"),
  );
}

/** Send a message to the kernel; give whether there was one to take it. */
function tell(model, content, buffers) {
  try {
    model.send(content, undefined, buffers);
    return true;
  } catch {
    return false; // the kernel that made this studio was restarted or is gone
  }
}
