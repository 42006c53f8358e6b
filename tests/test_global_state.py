"""Whatever state the libraries below are in, results are the same, and the state stays as it was."""

import json
import os
import subprocess
import sys
from functools import cache
from typing import Any

import pytest

PROGRAM = r"""
import contextlib, hashlib, json, os, sys, tempfile
STATE, NOW = sys.argv[1:]
exec(STATE)
before = str(eval(NOW))

import stylelab as sl
from stylelab.course import figures
from stylelab.network.tensorflow import import_keras
from stylelab.cli.doctor import check_setup
from stylelab.panels import studio

def digest(*arrays):
    return hashlib.sha256(b"".join(map(bytes, arrays))).hexdigest()[:12]

photo, painting = sl.sample("cat", size=48), sl.sample("swirling_night", size=48)
with tempfile.TemporaryDirectory() as folder:
    stem = os.fsdecode("K\u00e4tzchen \u732b".encode())
    paths = [f"{folder}/{stem}.{kind}" for kind in ("png", "jpg", "webp", "tif")]
    for path in paths:
        sl.save_image(path, photo)
    again = [sl.load_image(path) for path in paths]
maps = sl.VGG19("block2_conv1", "block4_pool")(photo)
loss = (sl.content(photo) + sl.style(painting)).with_network(weights=None)
run = sl.transfer(photo, painting, size=32, steps=1, progress=False)
drawings = (
    figures.show_pictures({"a": photo, "b": painting}),
    figures.plot_curves({"a": [3.0, 2.5, 1e-9]}, xlabel="x", ylabel="y", alt="z"),
    figures.show_channels(photo),
    figures.show_maps([maps["block2_conv1"][..., 0]], numbers=False),
    figures.plot_bars({"a": {"one": 1234.5, "two": 2.25}}, ylabel="y", alt="z"),
    figures.show_gram_matrices({"photo": sl.gram_matrix(maps["block4_pool"])}),
    figures.show_pixel_zoom(photo, 10, 10),
)
found = {
    "files": digest(photo, painting, *again),
    "maps": digest(*maps.values()),
    "gradient": digest(loss(photo).gradient),
    "transfer": digest(run.image),
    "figures": digest(*(drawing.encode() for drawing in drawings)),
    "words": repr([drawing.alt for drawing in drawings]),
    "keras": import_keras().backend.backend(),
    "studio": type(studio()).__name__,
    "doctor": [str(check) for check in check_setup().checks if not check.ok],
}
print(json.dumps([found, before, str(eval(NOW))]))
"""

STATES = {
    "nothing": ("", "0", {}),
    "pictures and numbers": (
        """
import decimal, matplotlib, numpy, PIL.Image, PIL.ImageFile
from matplotlib import pyplot
pyplot.switch_backend("svg")
pyplot.style.use("dark_background")
pyplot.rcParams |= {
    "image.origin": "lower", "image.interpolation": "bilinear", "savefig.bbox": "tight",
    "figure.dpi": 300, "font.size": 30, "text.usetex": True, "axes.xmargin": 0.3,
    "figure.constrained_layout.use": True, "axes.formatter.use_locale": True,
}
pyplot.figure(7)
numpy.seterr(all="raise")
numpy.set_printoptions(precision=2, legacy="1.13", threshold=3)
PIL.Image.MAX_IMAGE_PIXELS = 1
PIL.ImageFile.LOAD_TRUNCATED_IMAGES = True
decimal.getcontext().prec = 2
""",
        """(
hash(str(pyplot.rcParams)), pyplot.get_backend(), pyplot.get_fignums(), pyplot.gcf().number,
numpy.geterr(), numpy.get_printoptions(), hash(str(numpy.random.get_state(legacy=False))),
PIL.Image.MAX_IMAGE_PIXELS, PIL.ImageFile.LOAD_TRUNCATED_IMAGES, decimal.getcontext())""",
        {},
    ),
    "TensorFlow and Keras": (
        """
import keras, tensorflow as tf
keras.config.set_image_data_format("channels_first")
keras.config.set_floatx("float16")
keras.config.set_dtype_policy("mixed_float16")
tf.config.run_functions_eagerly(True)
tf.config.set_soft_device_placement(False)
tf.experimental.numpy.experimental_enable_numpy_behavior(dtype_conversion_mode="safe")
graph = tf.Graph().as_default()
graph.__enter__()
""",
        """(
keras.config.image_data_format(), keras.config.floatx(), keras.config.dtype_policy().name,
tf.config.functions_run_eagerly(), tf.config.get_soft_device_placement(), tf.executing_eagerly(),
"KERAS_BACKEND" in os.environ)""",
        {},
    ),
    "environment and warnings": (
        """
import locale, warnings
warnings.simplefilter("error")
with contextlib.suppress(locale.Error):  # where there is German
    locale.setlocale(locale.LC_ALL, "de_DE.UTF-8")
home = tempfile.TemporaryDirectory()
os.environ["KERAS_HOME"] = home.name
with open(f"{home.name}/keras.json", "w") as file:
    json.dump({"floatx": "float16", "image_data_format": "channels_first"}, file)
os.chdir(tempfile.mkdtemp())
os.rmdir(os.getcwd())
""",
        """(
[os.environ[name] for name in ("KERAS_BACKEND", "KERAS_HOME", "MPLBACKEND", "TZ")],
locale.setlocale(locale.LC_ALL), ("error", None, Warning, None, 0) in warnings.filters)""",
        {
            "KERAS_BACKEND": "torch",
            "LC_ALL": "C",
            "PYTHONUTF8": "0",
            "PYTHONCOERCECLOCALE": "0",
            "MPLBACKEND": "pdf",
            "TZ": "Asia/Kathmandu",
        },
    ),
}


@cache
def computed(state: str) -> list[Any]:
    code, now, environment = STATES[state]
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, code, now],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    answer: list[Any] = json.loads(run.stdout)
    return answer


@pytest.mark.network
@pytest.mark.parametrize("state", [state for state in STATES if state != "nothing"])
def test_results_do_not_depend_on_global_library_state(state: str) -> None:
    usual, *_ = computed("nothing")
    found, before, after = computed(state)
    assert found == usual
    assert after == before
