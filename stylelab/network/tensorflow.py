"""TensorFlow and Keras, imported when first used and without start-up messages."""

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
"""A `tensorflow.Tensor`. TensorFlow has no type information; docstrings state the shapes."""


@cache
def import_tensorflow() -> Any:
    """Import TensorFlow without its start-up messages; they are shown only if the import fails.

    ```python
    tf = sl.import_tensorflow()
    features = sl.VGG19("block1_conv1")
    image = tf.constant(photo)
    with tf.GradientTape() as tape:
        tape.watch(image)
        total = tf.reduce_sum(features.tensors(image)["block1_conv1"])
    gradient = tape.gradient(total, image)  # (H, W, 3)
    ```
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _suppress_stderr(), _tensorflow_backend():  # TensorFlow imports Keras, too
        import tensorflow as tf

        tf.constant(0.0)  # the first tensor starts the devices, which print messages too
    return tf


def has_gpu() -> bool:
    """Whether TensorFlow computes on a GPU."""
    return bool(import_tensorflow().config.list_logical_devices("GPU"))


@cache
def import_keras() -> Any:
    """Import Keras with TensorFlow as its backend, unless it was imported before with another.

    Only its downloads are used, which are the same on every backend.
    """
    import_tensorflow()
    with _tensorflow_backend():
        import keras
    return keras


@contextmanager
def _tensorflow_backend() -> Iterator[None]:
    """Have Keras, if it is imported in the block, choose TensorFlow, the backend that is installed."""
    previous = os.environ.get("KERAS_BACKEND")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    try:
        yield
    finally:
        if previous is None:
            del os.environ["KERAS_BACKEND"]
        else:
            os.environ["KERAS_BACKEND"] = previous


def run_eagerly(function: Callable[P, T]) -> Callable[P, T]:
    """Decorate a function so that it runs eagerly, also inside a graph (`tf.Graph().as_default()`)."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        with import_tensorflow().__internal__.eager_context.eager_mode():
            return function(*args, **kwargs)

    return call


@contextmanager
def _suppress_stderr() -> Iterator[None]:
    """Capture what the process writes to standard error; show it only after a failure.

    TensorFlow's C++ code writes to the file descriptor before its log level applies, so replacing
    Python's `sys.stderr` would not capture it.
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
