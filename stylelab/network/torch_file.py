"""Reader of the files of PyTorch's first format, without PyTorch and without running anything."""

from __future__ import annotations

import pickle
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from stylelab.errors import WeightsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from numpy.typing import NDArray


def read_torch_file(file: BinaryIO) -> dict[str, NDArray[Any]]:
    """Tensors of a file, by name.

    The file is a sequence of pickles, so it could name any function to call: only tensors and their
    storages are admitted.

    Raises:
        WeightsError: the file names something else.
    """
    # Magic number, protocol, system information, the dictionary of tensors, the storage keys …
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
    file: BinaryIO, keys: list[str], dtypes: dict[str, np.dtype[Any]]
) -> Iterator[tuple[str, NDArray[Any]]]:
    for key in keys:
        count = int.from_bytes(file.read(8), "little")
        yield key, np.frombuffer(file.read(count * dtypes[key].itemsize), dtypes[key])


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
