import os
import signal
import threading

import pytest

from stylelab.pipeline.signals import ENDING_SIGNALS, Terminated, ending_signals

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals work differently on Windows")


@pytest.mark.parametrize("number", ENDING_SIGNALS)
def test_a_termination_signal_is_raised_once_and_handlers_are_restored(number: int) -> None:
    before = signal.signal(number, signal.SIG_DFL)
    try:
        with ending_signals():
            with pytest.raises(Terminated) as caught:
                os.kill(os.getpid(), number)
            os.kill(os.getpid(), number)  # the second does not disturb the saving
        assert caught.value.signal == number
        assert signal.getsignal(number) is signal.SIG_DFL
    finally:
        signal.signal(number, before)


def test_other_handlers_and_other_threads_are_unaffected() -> None:
    heard = []
    before = signal.signal(signal.SIGTERM, lambda *_: heard.append("SIGTERM"))
    hangup = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with ending_signals():
            os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGHUP)
        assert heard == ["SIGTERM"]
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        seen = []

        def elsewhere() -> None:
            with ending_signals():
                seen.append(signal.getsignal(signal.SIGTERM))

        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
        assert seen == [signal.SIG_DFL]
    finally:
        signal.signal(signal.SIGTERM, before)
        signal.signal(signal.SIGHUP, hangup)
