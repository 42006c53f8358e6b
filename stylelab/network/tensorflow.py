"""TensorFlow and Keras, imported late and quietly."""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import contextmanager
from functools import cache, wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

P = ParamSpec("P")
T = TypeVar("T")

Tensor: TypeAlias = Any
"""A `tensorflow.Tensor`: TensorFlow has no types; the shape stands in the docstring."""


@cache
def import_tensorflow() -> Any:
    """Import TensorFlow without its start-up chatter; what it says on a failure is kept."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _suppress_stderr(), _tensorflow_backend():  # TensorFlow imports Keras, too
        import tensorflow as tf

        tf.constant(0.0)  # the first tensor starts the devices, which talk once more
    return tf


@cache
def import_keras() -> Any:
    """Import Keras, on TensorFlow unless it was imported before.

    Only its downloads are used, which are the same on every backend.
    """
    import_tensorflow()
    with _tensorflow_backend():
        import keras
    return keras


@contextmanager
def _tensorflow_backend() -> Iterator[None]:
    """Have Keras, if it is imported now, choose TensorFlow, the backend that is installed."""
    named = os.environ.get("KERAS_BACKEND")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    try:
        yield
    finally:
        if named is None:
            del os.environ["KERAS_BACKEND"]
        else:
            os.environ["KERAS_BACKEND"] = named


def run_eagerly(function: Callable[P, T]) -> Callable[P, T]:
    """Have a function compute at once also inside of a reader's graph (`tf.Graph().as_default()`)."""

    @wraps(function)
    def call(*arguments: P.args, **named: P.kwargs) -> T:
        with import_tensorflow().__internal__.eager_context.eager_mode():
            return function(*arguments, **named)

    return call


@contextmanager
def _suppress_stderr() -> Iterator[None]:
    """Hold back what is written to the process's standard error; show it only after a failure.

    TensorFlow's C++ side writes to the file descriptor before its own log level applies, so Python's
    `sys.stderr` is not where it can be caught.
    """
    try:
        sys.stderr.flush()
        saved_stderr = os.dup(2)
    except (AttributeError, OSError):  # no standard error (a window without a console)
        yield
        return
    with tempfile.TemporaryFile() as captured:
        os.dup2(captured.fileno(), 2)
        try:
            yield
        except BaseException:
            captured.seek(0)
            os.write(saved_stderr, captured.read())
            raise
        finally:
            os.dup2(saved_stderr, 2)
            os.close(saved_stderr)
