/* Part of the explorer: requests to the kernel, and the maps received. */

const stopped = () => new DOMException("No longer wanted.", "AbortError");

/** An error that stays if the request is sent again. */
const lasting = (words) => Object.assign(new Error(words), { lasting: true });
const withoutKernel = () => lasting("Not loaded: the kernel is gone.");

/** Send requests to the kernel; each answer settles the promise of its request. */
function connect(model, channel) {
  const open = new Map();
  const prefix = Math.random().toString(36).slice(2, 8);
  let count = 0;
  const listener = (message, buffers) => {
    const asked = open.get(message?.id);
    if (!asked) return;
    if (message.progress !== undefined) {
      asked.progress?.(message, buffers);
      return;
    }
    open.delete(message.id);
    if (message.answer) asked.resolve({ ...message.answer, buffers });
    else if (message.cancelled) asked.reject(stopped());
    else asked.reject(message.closed ? lasting(message.error) : new Error(message.error));
  };
  model.on("msg:custom", listener);
  const cancel = (id) => {
    channel.send({ id, ask: "cancel" });
  };
  return {
    ask(question, { signal, progress } = {}) {
      const id = `${prefix}-${++count}`;
      return new Promise((resolve, reject) => {
        open.set(id, { resolve, reject, progress });
        signal?.addEventListener("abort", () => {
          if (open.delete(id)) cancel(id);
          reject(stopped());
        });
        if (channel.send({ id, ...question })) return;
        open.delete(id);
        reject(withoutKernel());
      });
    },
    /** The kernel is gone: no answer will come. */
    abandon() {
      for (const { reject } of open.values()) reject(withoutKernel());
      open.clear();
    },
    close() {
      for (const id of open.keys()) cancel(id);
      open.clear();
      model.off("msg:custom", listener);
    },
  };
}

const inflateAll = (buffers) => Promise.all(buffers.map((buffer) => inflate(bytesOf(buffer))));

const MAX_BYTES = 240e6; // of cached maps; a layer of three pictures takes up to 33 MB

/** Cache of the layers' maps; when it is full, those used least recently are removed. */
function makeStore(overview, wire) {
  const kept = new Map(); // name → promise, in order of last use
  const layers = new Map(overview.layers.map((layer, depth) => [layer.name, { ...layer, depth }]));
  const keys = overview.pictures.map(({ key }) => key);

  async function fetchLayer(name, signal) {
    const layer = layers.get(name);
    const pooled = layer.kind === "pooling";
    const before = pooled ? load(overview.layers[layer.depth - 1].name) : null;
    const answer = await wire.ask({ ask: "layer", layer: name }, { signal });
    const source = (await before)?.pictures;
    const blocks = await inflateAll(answer.buffers);
    for (const key of keys) {
      const picture = answer.pictures[key];
      picture.bytes = pooled ? poolOf(source[key], picture, layer.channels) : blocks[picture.buffer];
    }
    const { pictures, differences = {}, style_share = {} } = answer;
    return { name, layer, pictures, differences, style_share };
  }

  function poolOf({ bytes, rows, columns, maximum }, picture, channels) {
    return pool(bytes, channels, rows, columns, overview.pooling, maximum, picture.maximum);
  }

  function load(name, signal) {
    const promise = kept.get(name) ?? fetchLayer(name, signal);
    kept.delete(name);
    kept.set(name, promise);
    signal?.addEventListener("abort", () => { if (!promise.done) kept.delete(name); });
    promise.then(() => { promise.done = true; return removeOldest(); }, () => kept.delete(name));
    return promise;
  }

  async function removeOldest() {
    let total = 0;
    for (const [name, promise] of [...kept].reverse()) {
      const data = await Promise.race([promise, null]);
      for (const key of keys) total += data?.pictures[key].bytes.length ?? 0;
      if (total > MAX_BYTES) kept.delete(name);
    }
  }

  return { load, layers, keys };
}

/** One channel's map, a view of the layer's bytes. */
function mapOf(picture, channel) {
  const size = picture.rows * picture.columns;
  return picture.bytes.subarray(channel * size, (channel + 1) * size);
}
