/** The page's way to the kernel: numbered events, which of them were handled, and what to say meanwhile. */

const BUSY = "The kernel is busy with a cell. What you do here takes effect when it has ended.";
const GONE = "The kernel that made this studio is gone. Run its cell again to go on.";

/**
 * Connect a view to the kernel. `onstate(text)` is called with a sentence while the kernel does not answer,
 * and with an empty one when it does.
 */
function connect(model, onstate) {
  const view = uniqueId("view");
  const gone = () => onstate(GONE);
  const channel = openChannel(model, { busy: () => onstate(BUSY), answered: () => onstate(""), gone });
  let number = 0;

  /** Whether an event was handled, and what the model shows is the state after it. */
  const isAnswered = (wanted) => (model.get("answered")[view] ?? 0) >= wanted;

  /** Send an event; return its number. */
  function send(event, values = {}, buffers = undefined) {
    number += 1;
    if (!channel.send({ event, ...values, view, number }, buffers)) gone();
    return number;
  }

  const sendState = (view_state) => channel.send({ view_state });
  const onViewCheck = (message) => message?.views === "check" && sendState("here");
  model.on("msg:custom", onViewCheck);
  sendState("here");

  function close() {
    model.off("msg:custom", onViewCheck);
    sendState("gone");
    channel.close();
  }
  return { send, isAnswered, close };
}
