/** The page's way to the kernel: numbered messages, their answers, and what to say if none comes. */

const BUSY = "The kernel is busy with a cell. What you do here takes effect when it has ended.";
const GONE = "The kernel that made this studio is gone. Run its cell again to go on.";
const PATIENCE = 700; // milliseconds without an answer before the page says so

/**
 * Connect a view to the kernel. `onstate(text)` is called with a sentence while the kernel does not answer,
 * and with an empty one when it does.
 */
function connect(model, onstate) {
  const view = uniqueId("view");
  const channel = openChannel(model);
  let number = 0;
  let timer = 0;
  let isGone = false;

  const isAnswered = (wanted) => (model.get("answered")[view] ?? 0) >= wanted;
  const giveUp = () => {
    isGone = true;
    clearTimeout(timer);
    onstate(GONE);
  };
  const settle = () => {
    if (isGone || !isAnswered(number)) return;
    clearTimeout(timer);
    timer = 0;
    onstate("");
  };
  model.on("change:answered", settle);
  const stopWatching = watchGone(model, giveUp);

  /** Send an event; return its number. */
  function send(event, values = {}, buffers = undefined) {
    number += 1;
    const sent = !isGone && channel.send({ event, ...values, view, number }, buffers);
    if (!sent) giveUp();
    else if (!timer) timer = setTimeout(() => isAnswered(number) || onstate(BUSY), PATIENCE);
    return number;
  }

  const sendState = (view_state) => channel.send({ view_state });
  const onViewCheck = (message) => message?.views === "check" && sendState("here");
  model.on("msg:custom", onViewCheck);
  sendState("here");

  function close() {
    clearTimeout(timer);
    model.off("change:answered", settle);
    model.off("msg:custom", onViewCheck);
    stopWatching();
    sendState("gone");
    channel.close();
  }
  return { send, isAnswered, close };
}
