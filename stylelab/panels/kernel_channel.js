/** Messages from a view to the kernel, and the kernel's end. */

/** Send messages to the widget in the kernel; `send` returns whether there is one. */
function openChannel(model) {
  const send = (content, buffers) => {
    try {
      model.send(content, undefined, buffers);
      return true;
    } catch {
      return false; // the kernel that made this widget was restarted or is gone
    }
  };
  return { send, close() {} };
}

/** Call a function when the kernel that made the widget is gone; return what ends the watching. */
function watchGone(model, ongone) {
  const check = () => model.comm_live === false && ongone();
  model.on("comm_live_update", check);
  return () => model.off("comm_live_update", check);
}
