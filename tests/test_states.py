"""Whatever state the libraries below are in, results are the same, and the state stays as it was."""

import subprocess
import sys

import pytest

PROGRAM = """
import hashlib, os
{state}
import stylelab as sl
from stylelab.doctor import check_setup
before = dict(os.environ)
picture = sl.sample("swirling_night", size=32)
maps = sl.VGG19("block2_conv1", weights=None)(picture)["block2_conv1"]
loss = (sl.content(picture) + sl.style(picture[::-1])).with_network(weights=None)
step = loss(picture)
print(hashlib.sha256(picture.tobytes() + maps.tobytes() + step.gradient.tobytes()).hexdigest())
assert (before.get("KERAS_BACKEND"), {after}) == (os.environ.get("KERAS_BACKEND"), {value!r})
check_setup()
"""

STATES = {
    "nothing": ("", "1", 1),
    "channels first": (
        "import keras; keras.config.set_image_data_format('channels_first')",
        "keras.config.image_data_format()",
        "channels_first",
    ),
    "half precision": (
        "import keras; keras.config.set_floatx('float16')",
        "keras.config.floatx()",
        "float16",
    ),
    "mixed precision": (
        "import keras; keras.config.set_dtype_policy('mixed_float16')",
        "keras.config.dtype_policy().name",
        "mixed_float16",
    ),
    "another backend": ("import os; os.environ['KERAS_BACKEND'] = 'torch'", "1", 1),
    "a graph": (
        "import tensorflow as tf; graph = tf.Graph().as_default(); graph.__enter__()",
        "tf.executing_eagerly()",
        False,
    ),
    "errors raised": (
        "import numpy as np; np.seterr(all='raise')",
        "np.geterr()['under']",
        "raise",
    ),
}


def computed(state: str) -> str:
    code, after, value = STATES[state]
    program = PROGRAM.format(state=code, after=after, value=value)
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


@pytest.fixture(scope="module")
def usual() -> str:
    return computed("nothing")


@pytest.mark.parametrize("state", [state for state in STATES if state != "nothing"])
def test_results_do_not_depend_on_the_state_of_a_library(state: str, usual: str) -> None:
    assert computed(state) == usual
