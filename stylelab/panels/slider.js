/** A named slider over a list of numbers; the number is taken when the hand lets go. */

/** Give the position of the number that is nearest to a value. */
export function nearest(numbers, value) {
  let best = 0;
  for (let index = 1; index < numbers.length; index += 1) {
    if (Math.abs(numbers[index] - value) < Math.abs(numbers[best] - value)) best = index;
  }
  return best;
}

function render({ model, el }) {
  const label = document.createElement("label");
  const name = document.createElement("span");
  const range = document.createElement("input");
  const shown = document.createElement("span");
  const numbers = model.get("numbers");
  el.classList.add("stylelab-slider");
  name.textContent = model.get("name");
  name.style.width = model.get("name_width");
  shown.className = "stylelab-slider-number";
  shown.setAttribute("aria-hidden", "true"); // the slider says it itself
  Object.assign(range, { type: "range", min: 0, max: numbers.length - 1, step: 1 });
  range.dataset.lmSuppressShortcuts = "true"; // else JupyterLab takes the arrow keys
  label.append(name, range, shown);
  el.append(label);

  const showText = (text) => {
    shown.textContent = text;
    range.setAttribute("aria-valuetext", text);
  };
  const update = () => {
    range.value = nearest(numbers, model.get("value"));
    showText(model.get("text"));
  };
  range.addEventListener("input", () => showText(model.get("texts")[range.value]));
  range.addEventListener("change", () => {
    model.set("value", numbers[range.value]);
    model.save_changes();
  });
  model.on("change:value change:text", update);
  update();
  return () => model.off("change:value change:text", update);
}

export default { render };
