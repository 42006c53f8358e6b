/** The large picture, and another one over it with a slider between them. */

/** Show the newest picture of a trait; an older one that is decoded late is dropped. */
function imageUpdater(model, trait, image) {
  let newest = 0;
  return async () => {
    const number = ++newest;
    const url = pictureUrl(model.get(trait));
    if (url) {
      const loading = new Image();
      loading.src = url;
      await loading.decode().catch(() => {}); // so that nothing flickers
    }
    if (number !== newest) {
      if (url) URL.revokeObjectURL(url);
      return;
    }
    const old = image.src;
    image.hidden = !url;
    if (url) image.src = url;
    else image.removeAttribute("src");
    if (old.startsWith("blob:")) URL.revokeObjectURL(old);
  };
}

function render({ model, el }) {
  initPart(el, "view");
  const now = make("img.now", { alt: "", draggable: "false" });
  const before = make("img.before", { alt: "", draggable: "false" });
  const slider = make("input.split", {
    type: "range", min: 0, max: 100, value: 50, oninput: () => drawSplit(),
  });
  const line = make("div.split-line", { "aria-hidden": "true" });
  const nameBefore = make("span.badge.badge-before", { "aria-hidden": "true" });
  const nameNow = make("span.badge.badge-now", { "aria-hidden": "true" });
  const stage = make("div.stage", {}, now, before, slider, line, nameBefore, nameNow);
  const caption = make("figcaption");
  el.append(make("figure", {}, stage, caption));

  const drawSplit = () => {
    stage.style.setProperty("--split", `${slider.value}%`);
    slider.setAttribute("aria-valuetext", `${slider.value} % ${model.get("before_name")}`);
  };
  const drawWords = () => {
    const comparing = model.get("before").byteLength > 0;
    stage.classList.toggle("stylelab-comparing", comparing);
    [slider, line, nameBefore, nameNow].forEach((part) => (part.hidden = !comparing));
    now.alt = model.get("alt");
    before.alt = comparing ? model.get("before_name") : "";
    nameBefore.textContent = model.get("before_name");
    nameNow.textContent = model.get("name");
    slider.setAttribute("aria-label", `Compare: ${model.get("before_name")} and ${model.get("name")}`);
    caption.textContent = model.get("caption");
    stage.style.setProperty("--height", model.get("height"));
    stage.style.setProperty("--width", model.get("width"));
    drawSplit();
  };

  const stop = follow(model, {
    now: imageUpdater(model, "now", now),
    before: imageUpdater(model, "before", before),
    "alt name before before_name height width caption": drawWords,
  });

  const here = () => sendMessage(model, { view: "here" });
  const onViewCheck = (message) => message?.views === "check" && here();
  model.on("msg:custom", onViewCheck);
  here();

  let reportedWidth = 0;
  const measure = new ResizeObserver(() => {
    const width = Math.round(el.clientWidth / 10) * 10;
    if (width > 0 && width !== reportedWidth) {
      reportedWidth = width;
      sendMessage(model, { width });
    }
  });
  measure.observe(el);

  return () => {
    stop();
    measure.disconnect();
    model.off("msg:custom", onViewCheck);
    [now, before].forEach((image) => image.src.startsWith("blob:") && URL.revokeObjectURL(image.src));
    sendMessage(model, { view: "gone" });
  };
}

export default { render };
