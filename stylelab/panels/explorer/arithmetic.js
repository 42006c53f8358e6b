/*
 * Part of the explorer: pure functions for numbers and words. Tests compare them with Python's results.
 */

/** Round to the nearest integer, halves to even, as Python's `round`. */
export function roundHalfEven(x) {
  const below = Math.floor(x);
  const rest = x - below;
  if (rest !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}

/** A unit's receptive field: [top, left, bottom, right], bottom and right excluded. */
export function squareOf(layer, row, column) {
  const half = (layer.receptive_field - 1) / 2;
  const top = roundHalfEven(layer.first_centre + row * layer.stride - half);
  const left = roundHalfEven(layer.first_centre + column * layer.stride - half);
  return [top, left, top + layer.receptive_field, left + layer.receptive_field];
}

/** The [row, column] of the unit whose receptive field has its centre nearest to the pixel (y, x). */
export function unitAt(layer, y, x, rows, columns) {
  const nearest = (place, count) => {
    const unit = roundHalfEven((place - layer.first_centre) / layer.stride);
    return Math.min(Math.max(unit, 0), count - 1);
  };
  return [nearest(y, rows), nearest(x, columns)];
}

/** Decompress zlib bytes to a Uint8Array. */
export async function inflate(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/**
 * Mean or maximum of each 2×2 square of [channels][rows][columns]; a last odd row or column is dropped.
 * `scales` holds each channel's value of byte 255 before, `maxima` that value after pooling.
 */
export function pool(bytes, channels, rows, columns, kind, scales, maxima) {
  const down = rows >> 1;
  const across = columns >> 1;
  const pooled = new Uint8Array(channels * down * across);
  let to = 0;
  for (let channel = 0; channel < channels; channel++) {
    const gain = maxima[channel] > 0 ? scales[channel] / maxima[channel] : 0;
    for (let row = 0; row < down; row++) {
      let from = (channel * rows + 2 * row) * columns;
      for (let column = 0; column < across; column++, from += 2) {
        const a = bytes[from], b = bytes[from + 1];
        const c = bytes[from + columns], d = bytes[from + columns + 1];
        const byte = kind === "max" ? Math.max(a, b, c, d) : (a + b + c + d) / 4;
        pooled[to++] = Math.min(Math.round(byte * gain), 255);
      }
    }
  }
  return pooled;
}

/**
 * Scale a map down by the maximum of each of maxRows × maxColumns equal parts, which keeps bright spots.
 * → {bytes, rows, columns}
 */
export function shrink(map, rows, columns, maxRows, maxColumns) {
  const down = Math.min(rows, maxRows);
  const across = Math.min(columns, maxColumns);
  if (down === rows && across === columns) return { bytes: map, rows, columns };
  const bytes = new Uint8Array(down * across);
  for (let row = 0; row < down; row++) {
    const top = Math.floor((row * rows) / down);
    const bottom = Math.floor(((row + 1) * rows) / down);
    for (let column = 0; column < across; column++) {
      const left = Math.floor((column * columns) / across);
      const right = Math.floor(((column + 1) * columns) / across);
      let most = 0;
      for (let y = top; y < bottom; y++) {
        for (let at = y * columns + left; at < y * columns + right; at++) if (map[at] > most) most = map[at];
      }
      bytes[row * across + column] = most;
    }
  }
  return { bytes, rows: down, columns: across };
}

/** The strongest units of a map at least `apart` from each other: [{row, column, byte}], none of 0. */
export function strongestUnits(map, rows, columns, count, apart = 1) {
  const left = Uint8Array.from(map);
  const reach = Math.ceil(apart) - 1;
  const found = [];
  while (found.length < count) {
    let best = 0;
    for (let at = 1; at < left.length; at++) if (left[at] > left[best]) best = at;
    if (!left[best]) break;
    const row = Math.floor(best / columns);
    const column = best % columns;
    found.push({ row, column, byte: left[best] });
    const first = Math.max(column - reach, 0);
    const last = Math.min(column + reach, columns - 1);
    for (let y = Math.max(row - reach, 0); y <= Math.min(row + reach, rows - 1); y++) {
      left.fill(0, y * columns + first, y * columns + last + 1);
    }
  }
  return found;
}

/** Indices in descending order of their values, stable; null counts as lowest. */
export function fallingOrder(values) {
  const value = (index) => values[index] ?? -Infinity;
  return [...values.keys()].sort((a, b) => value(b) - value(a) || a - b);
}

/**
 * Layout of `count` maps in a box, as large as possible, all visible unless their width would be below
 * `least`. `aspect` is columns / rows. → {columns, width, height} of a cell
 */
export function gridLayout(count, aspect, boxWidth, boxHeight, least, gap) {
  const size = (columns) => {
    const width = Math.max(Math.floor((boxWidth + gap) / columns) - gap, 1);
    return { columns, width, height: Math.max(Math.round(width / aspect), 1) };
  };
  let best = size(Math.min(count, 1));
  for (let columns = 1; columns <= count; columns++) {
    const cell = size(columns);
    if (cell.width < least && columns > 1) break;
    best = cell;
    if (Math.ceil(count / columns) * (cell.height + gap) - gap <= boxHeight) break;
  }
  return best;
}

/*
 * Ember, the colours of the maps: from near black through violet and coral to cream. Lightness (OKLab's
 * L) rises evenly with the value, so that equal steps look equal, in gray and to the colour-blind too.
 */
const EMBER = [
  [0.14, 0.03, 295], [0.3, 0.115, 300], [0.47, 0.165, 345], [0.64, 0.17, 20], [0.81, 0.125, 62],
  [0.97, 0.05, 98],
]; // lightness, chroma, hue in degrees

/** The 256 colours of the maps, as [red, green, blue], 0–255. */
export function colourTable() {
  const lab = EMBER.map(([light, chroma, hue]) => {
    const angle = (hue * Math.PI) / 180;
    return [light, chroma * Math.cos(angle), chroma * Math.sin(angle)];
  });
  return Array.from({ length: 256 }, (_, index) => {
    const light = lab[0][0] + ((lab.at(-1)[0] - lab[0][0]) * index) / 255;
    const next = Math.max(lab.findIndex(([knot]) => knot >= light - 1e-9), 1);
    const [low, high] = [lab[next - 1], lab[next]];
    const part = (light - low[0]) / (high[0] - low[0]);
    return fromOklab(light, low[1] + part * (high[1] - low[1]), low[2] + part * (high[2] - low[2]));
  });
}

/** OKLab (Björn Ottosson, 2020) → sRGB, 0–255. */
function fromOklab(light, a, b) {
  const l = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (light - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  return linear.map((x) => {
    const encoded = x <= 0.0031308 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055;
    return Math.round(255 * Math.min(Math.max(encoded, 0), 1));
  });
}

const COLOURS = colourTable();
const PIXELS = Uint32Array.from(COLOURS, ([r, g, b]) => (255 << 24) | (b << 16) | (g << 8) | r);

/** Position of a value in the colour scale (0…1): linear, or by its square root, which lifts faint values. */
export function brightness(value, white, lift) {
  const part = white > 0 ? Math.min(value / white, 1) : 0;
  return lift ? Math.sqrt(part) : part;
}

/** The pixel for each byte of a map, when `white` is the brightest value. */
export function pixelsFor(scale, white, lift = false) {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    const value = (byte * scale) / 255;
    return PIXELS[Math.round(255 * brightness(value, white, lift))];
  });
}

/**
 * A number with three digits, or as many as there are before the point, as `format_number` of Python writes
 * it: 0.0123, 12.3, 1230, 12,345, 4.6 × 10⁻⁵.
 */
export function formatNumber(value) {
  if (typeof value !== "number" || Number.isNaN(value)) return "–";
  const size = Math.abs(value);
  const sign = value < 0 ? "−" : "";
  if (size > 0 && (size < 1e-4 || size >= 1e9)) {
    const [digits, power] = size.toExponential(1).split("e");
    const raised = [...power.replace("+", "")].map((each) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(each)]);
    return `${sign}${digits} × 10${raised.join("")}`;
  }
  const written = size >= 100 ? size.toFixed(0) : String(Number(size.toPrecision(3)));
  return sign + (written.length > 4 && !written.includes(".") ? Number(written).toLocaleString("en") : written);
}

/** A share (0…1) in percent. */
export function percent(share) {
  if (typeof share !== "number" || Number.isNaN(share)) return "–";
  const value = 100 * share;
  if (value > 0 && value < 0.1) return "under 0.1\u00a0%";
  const digits = value < 10 && value > 0 ? 1 : 0;
  return `${Number(value.toFixed(digits))}\u00a0%`;
}

/** A word for a channel's activity in one picture: "silent", "fires everywhere" or "". */
export function activityWord(maximum, zeros) {
  if (maximum === 0) return "silent";
  return zeros === 0 ? "fires everywhere" : "";
}

const list = (words) => words.join(", ").replace(/, ([^,]*)$/, " and $1");

/** Summary of a channel, in a sentence or two. */
export function summary(data, keys, channel) {
  const fires = keys.map((key) => {
    const { maximum, zeros } = data.pictures[key];
    const share = 1 - zeros[channel];
    if (maximum[channel] === 0) return `nowhere in the ${key}`;
    return share === 1 ? `everywhere in the ${key}` : `at ${percent(share)} of the ${key}`;
  });
  const painted = data.style_share?.result ? "result" : "content";
  const share = data.style_share?.[painted]?.[channel];
  const sentence = `Fires ${list(fires)}.`;
  if (typeof share !== "number") return sentence;
  return `${sentence} Without it, this layer's style loss of the ${painted} would be ${percent(share)} smaller.`;
}
