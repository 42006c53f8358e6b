/** A named slider over a list of numbers; the number is set when the handle is released. */

const make = elementMaker("stylelab-slider-");

/** The index of the number nearest to a value. */
export function nearest(numbers, value) {
  let best = 0;
  for (let index = 1; index < numbers.length; index += 1) {
    if (Math.abs(numbers[index] - value) < Math.abs(numbers[best] - value)) best = index;
  }
  return best;
}

function render({ model, el }) {
  const numbers = model.get("numbers");
  const name = make("span", {}, model.get("name"));
  const shown = make("span.number", { "aria-hidden": "true" }); // the slider has it as aria-valuetext
  const range = make("input", {
    type: "range", min: 0, max: numbers.length - 1, step: 1,
    oninput: () => showText(model.get("texts")[range.value]),
    onchange: () => {
      model.set("value", numbers[range.value]);
      model.save_changes();
    },
  });
  name.style.width = model.get("name_width");
  el.classList.add("stylelab-slider");
  el.addEventListener("focusin", suppressShortcuts);
  el.append(make("label", {}, name, range, shown));

  const showText = (text) => {
    shown.textContent = text;
    range.setAttribute("aria-valuetext", text);
  };
  const update = () => {
    range.value = nearest(numbers, model.get("value"));
    showText(model.get("text"));
  };
  model.on("change:value change:text", update);
  update();
  return () => model.off("change:value change:text", update);
}

export default { render };
