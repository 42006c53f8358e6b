"""TensorFlow and Keras, imported late and quietly."""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from stylelab.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator


@cache
def import_tensorflow() -> Any:
    """Import TensorFlow without its start-up chatter; what it says on a failure is kept."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _quiet():
        import tensorflow as tf

        tf.constant(0.0)  # the first tensor starts the devices, which talk once more
    return tf


@cache
def import_keras() -> Any:
    """Import Keras on TensorFlow.

    Raises:
        SettingsError: Keras was imported before, on another backend.
    """
    if "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = "tensorflow"
    import_tensorflow()
    import keras

    if keras.config.backend() != "tensorflow":
        raise SettingsError(
            "Expected Keras on TensorFlow. Received: Keras was imported before, on "
            f"{keras.config.backend()}. Start anew and import stylelab first, or unset the "
            "environment variable KERAS_BACKEND."
        )
    return keras


@contextmanager
def _quiet() -> Iterator[None]:
    """Hold back what is written to the process's standard error; show it only after a failure.

    TensorFlow's C++ side writes to the file descriptor before its own log level applies, so Python's
    `sys.stderr` is not where it can be caught.
    """
    try:
        sys.stderr.flush()
        kept = os.dup(2)
    except (AttributeError, OSError):  # no standard error (a window without a console)
        yield
        return
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(kept, held.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
