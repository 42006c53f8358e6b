/*
 * Part of widgets that send messages: a way to the kernel that is open while a cell runs.
 *
 * The kernel takes up the messages of a widget between cells. Since ipykernel 7 it has subshells, threads
 * that take up messages beside the cells, and JupyterLab 4.4 and later give one to each kind of comm. The
 * comm of a widget does not stay there: the kernel answers a widget where it last spoke, which for one made
 * in a cell is the main thread. This comm does, since the page opens it and only the subshell speaks on it.
 *
 * One comm serves all widgets on a page and is never closed: with the last comm of its kind JupyterLab
 * would end the subshell, and the kernel drops messages of widgets that it has spoken to from there.
 */

const CHANNEL = "stylelab.channel"; // name of the comm, and of what is ours in ordinary messages
const COMMS = Symbol.for(CHANNEL); // every widget has a module of its own, the page is what they share
const OPENING_MS = 3000; // then messages go the ordinary way
const BUSY_MS = 700;

/** What a function gives in the end; null if it fails or takes longer. */
function within(milliseconds, action) {
  const limit = new Promise((resolve) => { setTimeout(resolve, milliseconds, null); });
  return Promise.race([Promise.resolve().then(action), limit]).catch(() => null);
}

/** Open a comm over a subshell, once the kernel has answered there; null if there are no subshells. */
async function openComm(kernel) {
  if (kernel.supportsSubshells === undefined) return null; // an older JupyterLab, or another program
  await kernel.info; // which says whether there are any
  if (!kernel.supportsSubshells || kernel.commsOverSubshells === "disabled") return null;
  const comm = kernel.createComm(CHANNEL);
  await comm.subshellStarted; // a message sent before would wait for the cell
  const subshell = comm.subshellId;
  if (!subshell) return null;
  const listeners = new Set();
  await new Promise((resolve, reject) => {
    comm.onClose = reject;
    comm.onMsg = ({ content: { data } }) => {
      if (data.opened) resolve();
      else for (const listener of listeners) listener(data.received);
    };
    comm.open();
  });
  return {
    isOpen: () => !comm.isDisposed && comm.subshellId === subshell,
    send: (data, buffers) => comm.send(data, {}, buffers),
    listeners,
  };
}

/** The page's comm over a subshell of a kernel, or null. */
async function sharedComm(kernel) {
  const comms = (globalThis[COMMS] ??= new WeakMap());
  const before = comms.get(kernel);
  if ((await before)?.isOpen()) return before;
  if (comms.get(kernel) === before) comms.set(kernel, within(OPENING_MS, () => openComm(kernel)));
  return comms.get(kernel);
}

/** Call `busy` when an answer takes long, and `answered` when one comes after all. */
function watchAnswers({ busy, answered }) {
  const open = new Set();
  let timer = 0, late = false;
  const restart = () => {
    clearTimeout(timer);
    timer = late || !open.size ? 0 : setTimeout(() => { late = true; busy?.(); }, BUSY_MS);
  };
  return {
    sent(id) {
      open.add(id);
      if (!timer) restart();
    },
    received(id) {
      if (!open.delete(id)) return;
      const wasLate = late;
      late = false;
      restart();
      if (wasLate) answered?.();
    },
    stop() {
      open.clear();
      restart();
    },
  };
}

/**
 * Call `gone` once, if the kernel that made a widget is restarted, shut down, or has died; give a function
 * that stops watching.
 */
function watchKernel(model, gone) {
  const manager = model.widget_manager;
  const kernel = manager?.kernel;
  let widget = null, stopped = false;
  const look = () => {
    const live = widget?.comm_live !== false && !kernel?.isDisposed && kernel?.status !== "dead";
    if (live || stopped) return;
    stop();
    gone();
  };
  const stop = () => {
    stopped = true;
    model.off("comm_live_update", look);
    kernel?.statusChanged?.disconnect(look);
    kernel?.disposed?.disconnect(look);
  };
  model.on("comm_live_update", look);
  kernel?.statusChanged?.connect(look);
  kernel?.disposed?.connect(look);
  // The model that a view is given does not tell whether it is live; one kept in a file never is.
  within(OPENING_MS, () => manager?.get_model(model.get("channel_key"))).then((found) => {
    widget = found;
    look();
  });
  return stop;
}

/**
 * Open a way to the kernel for a `ChannelWidget`: over a subshell, so that messages arrive while a cell
 * runs, or else the ordinary one. Messages arrive once and in order, but changes of traits (`save_changes`)
 * go the ordinary way: a message must contain what its handler needs.
 *
 * `busy` is called when there has been no answer for a while, since the kernel runs a cell, `answered` when
 * there is one, and `gone` when there will be none: the kernel was restarted, shut down, or has died.
 */
function openChannel(model, { busy, answered, gone } = {}) {
  const key = model.get("channel_key");
  const prefix = Math.random().toString(36).slice(2, 8);
  const ordinary = watchAnswers({ busy, answered });
  const beside = watchAnswers({ busy, answered });
  const kernel = model.widget_manager?.kernel;
  let waiting = [], comm = null, count = 0, ended = false;

  const deliver = (id, content, buffers) => {
    try {
      if (comm?.isOpen()) {
        comm.send({ to: key, id, content }, buffers);
        beside.sent(id);
      } else {
        model.send({ [CHANNEL]: { id, content } }, undefined, buffers);
        ordinary.sent(id);
      }
      return true;
    } catch {
      return false; // the kernel is gone
    }
  };
  const flush = () => {
    for (const message of waiting ?? []) deliver(...message);
    waiting = null;
  };
  const onMessage = (message) => ordinary.received(message?.[CHANNEL]?.received);
  const close = () => {
    if (ended) return;
    ended = true;
    flush();
    for (const answers of [ordinary, beside]) answers.stop();
    stopWatching();
    model.off("msg:custom", onMessage);
    comm?.listeners.delete(beside.received);
  };
  const stopWatching = watchKernel(model, () => {
    close();
    gone?.();
  });
  model.on("msg:custom", onMessage);
  within(OPENING_MS, () => kernel && sharedComm(kernel)).then((opened) => {
    if (ended) return;
    comm = opened;
    comm?.listeners.add(beside.received);
    flush();
  });
  return {
    /** Send a message to the handlers of `on_msg`; return false if the kernel is gone. */
    send(content, buffers) {
      if (ended) return false;
      const id = `${prefix}-${++count}`;
      if (!waiting) return deliver(id, content, buffers);
      waiting.push([id, content, buffers]);
      return true;
    },
    /** Ask for an answer the ordinary way, on which changes of traits go. */
    ping() {
      if (ended) return;
      const id = `${prefix}-${++count}`;
      try {
        model.send({ [CHANNEL]: { id } });
        ordinary.sent(id);
      } catch { /* the kernel is gone */ }
    },
    close,
  };
}

const KERNEL_GONE = "The kernel that made this control is gone. Run its cell again to go on.";
const KERNEL_BUSY = "The kernel is busy with a cell. This change takes effect when it has ended.";

/** Open the way to the kernel for a control, and say in a sentence when it is gone or busy; "": all is well. */
function openChannelOf(model, say) {
  return openChannel(model, {
    busy: () => say(KERNEL_BUSY),
    answered: () => say(""),
    gone: () => say(KERNEL_GONE),
  });
}
