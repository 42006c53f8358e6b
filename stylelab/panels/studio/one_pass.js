/** The method, and for painting in one pass: a network, the mixture of its styles, and its strength. */

/** Parts of the optimizer are hidden while the studio paints in one pass. */
function onePass({ model, send, isAnswered }, ofOptimizer) {
  const get = (name) => model.get("one_pass")[name];
  let waiting = { number: 0, values: {} }; // sent, and not handled by the kernel yet
  const value = (name) => waiting.values[name] ?? get(name);

  // ── The method ──
  const radios = uniqueId("method");
  const methods = [["optimize", "Optimize"], ["one pass", "One pass"]].map(([value, text]) => {
    const onchange = () => send("method", { name: value });
    const radio = make("input", { type: "radio", name: radios, value, onchange });
    return { radio, label: make("label.method-choice", {}, radio, text) };
  });
  const method = make(
    "fieldset.method",
    { title: "Optimize paints step by step, in any style; one pass paints at once, in those of a network" },
    make("legend", {}, make("span.group-title", {}, "method")),
    ...methods.map(({ label }) => label),
  );

  // ── Network and styles ──
  const notice = noticeLine(() => model.get("one_pass"));
  const onfile = (file) => sendFile(send, { part: "network" }, file, notice.onstate);
  const put = (changes) => {
    const values = { shares: value("shares"), strength: value("strength"), ...changes };
    waiting = { number: send("mixture", values), values };
    draw();
  };
  const chosen = pictureTiles({
    noun: "network",
    onchoose: (key) => put({ shares: { [key]: 100 } }),
    onfile,
    accept: ".stylelab",
  });
  const networks = make("select.select", {
    id: uniqueId("network"),
    onchange: () => send("network", { key: get("networks")[networks.selectedIndex].key }),
  });
  const size = make("select.select", {
    id: uniqueId("size"),
    onchange: () => send("settings", { values: { size: sizes()[size.selectedIndex].value } }),
  });
  const sizes = () => model.get("fields").run.find(({ name }) => name === "size").choices;
  const field = (text, select) =>
    make("div.run-field", {}, make("label", { for: select.id }, text), select);

  // ── Sliders ──
  const mixture = make("div.mixture");
  const mix = group("mixture", "Mixture of styles", true, mixture);
  /** A label, a slider from 0 to 100, and its per cent; each position is sent, the last one counts. */
  function slider(text, oninput) {
    const id = uniqueId("slider");
    const input = make("input.slider", {
      type: "range", id, min: 0, max: 100, oninput: () => oninput(Number(input.value)),
    });
    const percent = make("output.mixture-part", { for: id });
    const element = make("div.mixture-row", {}, make("label", { for: id }, text), input, percent);
    const show = (position, part, what) => {
      input.value = position;
      input.style.setProperty("--filled", position / 100);
      input.setAttribute("aria-valuetext", `${part} % ${what}`);
      percent.textContent = `${part} %`;
    };
    return { element, show };
  }
  const strength = slider("strength", (position) => put({ strength: position / 100 }));
  let rows = [];
  const drawMixture = () => {
    const styles = get("styles");
    const keys = styles.map(({ key }) => key).join();
    if (rows.map(({ key }) => key).join() !== keys) {
      rows = styles.map(({ key, name }) => {
        const onshare = (share) => put({ shares: { ...value("shares"), [key]: share } });
        return { key, name, ...slider(name, onshare) };
      });
      mixture.replaceChildren(...rows.map(({ element }) => element));
    }
    const share = (key) => value("shares")[key] ?? 0;
    const whole = rows.reduce((sum, { key }) => sum + share(key), 0);
    const part = (key) => (whole ? Math.round((100 * share(key)) / whole) : 0);
    rows.forEach(({ key, show }) => show(share(key), part(key), "of the style"));
    const counting = rows.filter(({ key }) => share(key) > 0);
    chosen.choose(counting.length === 1 ? counting[0].key : "");
    mix.details.hidden = rows.length < 2;
    mix.summary.textContent = counting.map(({ name }) => name).join(" + ");
    strength.show(Math.round(100 * value("strength")), Math.round(100 * value("strength")), "painted");
  };

  const refine = make(
    "button.button.refine",
    {
      title: "Go on from this picture with the optimizer, in the style of the paintings of these names",
      onclick: () => get("can_refine") && send("refine"),
    },
    "Refine",
  );
  const note = make(
    "p.note",
    {},
    "Press a style to have it alone, or mix several by the sliders. A .stylelab file that is dropped here is " +
      "another network.",
  );
  const legend = make("legend", {}, make("span.group-title", {}, "style"));
  const element = make(
    "div.one-pass",
    {},
    make("fieldset.chooser", {}, legend, chosen.tiles),
    notice.line,
    make("div.run-fields", {}, field("network", networks), field("size", size)),
    mix.details,
    make("div.strength", { title: "How much is painted, and how much stays the photo" }, strength.element),
    refine,
    note,
  );
  acceptDrops(element, onfile);

  const drawSizes = () => {
    size.replaceChildren(...sizes().map(({ value: each, label }) => make("option", { value: each }, label)));
    size.selectedIndex = sizes().findIndex(({ value: each }) => each === model.get("form").values.size);
  };
  const draw = () => {
    const on = get("is_chosen");
    methods.forEach(({ radio }) => (radio.checked = (radio.value === "one pass") === on));
    element.hidden = !on;
    ofOptimizer.forEach((part) => (part.element.hidden = on));
    const known = get("networks").map(({ key }) => key);
    if ([...networks.options].map((each) => each.value).join() !== known.join()) {
      networks.replaceChildren(...get("networks").map(({ key, name }) => make("option", { value: key }, name)));
    }
    networks.selectedIndex = known.indexOf(get("chosen"));
    chosen.draw(get("styles"));
    drawMixture();
    refine.setAttribute("aria-disabled", !get("can_refine"));
    notice.draw();
  };
  const settle = () => {
    if (!isAnswered(waiting.number)) return;
    waiting.values = {};
    draw();
  };
  const stop = follow(model, { one_pass: draw, "fields form": drawSizes, answered: settle });
  return { method, element, stop };
}
