"""Files of painting networks: saved is loaded, and what is foreign is refused."""

import json
import pickle
import zipfile
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stylelab.errors import NetworkFileError, OutputError
from stylelab.painting.network_files import MAX_HEADER_BYTES, load_network, save_network
from stylelab.painting.painting_network import NetworkInfo, PaintingNetwork
from stylelab.rights.record import Rights

INFO = NetworkInfo(
    ("night", "glass"),
    width=4,
    blocks=1,
    style_rights={"night": Rights(author="A. Painter", licence="CC0 1.0", source="painted")},
    photo_rights={"town": Rights(title="Züri", author="A. Reader")},
    settings={"style_weight": 10.0, "size": 64},
    steps=7,
)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    return save_network(tmp_path / "two", PaintingNetwork(INFO))


def split(path: Path) -> tuple[dict[str, Any], bytes]:
    content = path.read_bytes()
    end = 8 + int.from_bytes(content[:8], "little")
    return json.loads(content[8:end]), content[end:]


def join(path: Path, header: Any, data: bytes) -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
    return path


def test_what_was_saved_is_loaded_in_half_precision(saved: Path) -> None:
    loaded = load_network(saved)
    for name, values in PaintingNetwork(INFO).parameters.items():
        assert np.array_equal(loaded.parameters[name], values.numpy().astype(np.float16))


def test_settings_and_rights_are_in_the_file(saved: Path) -> None:
    info = load_network(saved).info
    assert replace(info, style_rights={}, photo_rights={}) == replace(
        INFO, style_rights={}, photo_rights={}
    )
    assert info.rights.keys() == INFO.rights.keys()
    assert info.rights["town"].title == "Züri"
    assert info.rights["night"].licence == "CC0 1.0"
    assert info.settings["style_weight"] == 10
    assert set(info.rights["night"].provenance.values()) == {"network"}


def test_saved_again_it_is_the_same_file(saved: Path, tmp_path: Path) -> None:
    again = save_network(tmp_path / "again.stylelab", load_network(saved))
    assert again.read_bytes() == saved.read_bytes()


def test_the_suffix_is_added_and_two_bytes_are_taken_by_a_weight(saved: Path) -> None:
    assert saved.name == "two.stylelab"
    assert len(split(saved)[1]) == 2 * PaintingNetwork(INFO).size


def test_the_file_is_laid_out_as_safetensors(saved: Path) -> None:
    """As its documentation says: offsets without gaps, one type, a shape that fits them."""
    header, data = split(saved)
    assert all(isinstance(value, str) for value in header.pop("__metadata__").values())
    end = 0
    for one in header.values():
        assert one["data_offsets"][0] == end
        end = one["data_offsets"][1]
        assert end - one["data_offsets"][0] == 2 * np.prod(one["shape"])
        assert one["dtype"] == "F16"
    assert end == len(data)


def test_a_truncated_file_is_refused_wherever_it_ends(saved: Path, tmp_path: Path) -> None:
    content = saved.read_bytes()
    for end in [0, 3, 8, 100, len(content) - 2000, len(content) - 1]:
        cut = tmp_path / "cut.stylelab"
        cut.write_bytes(content[:end])
        with pytest.raises(NetworkFileError, match=r"cut\.stylelab, which is"):
            load_network(cut)


def test_a_longer_file_is_refused(saved: Path) -> None:
    saved.write_bytes(saved.read_bytes() + b"\0")
    with pytest.raises(NetworkFileError, match=r"one, but damaged .*too late"):
        load_network(saved)


class Bomb:
    def __reduce__(self) -> tuple[Any, ...]:
        return pytest.fail, ("the file was run",)


def test_other_kinds_of_files_are_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "foreign.stylelab"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("weights.npy", bytes(1000))
    pickled, text = pickle.dumps(Bomb()), b"a" * 100
    huge = (MAX_HEADER_BYTES + 1).to_bytes(8, "little") + b"{}"
    for content in (path.read_bytes(), pickled, text, huge, (2).to_bytes(8, "little") + b"[]"):
        path.write_bytes(content)
        with pytest.raises(NetworkFileError, match="another kind of file"):
            load_network(path)


def deeply_nested(header: dict[str, Any]) -> bytes:  # noqa: ARG001
    return b"[" * 200_000


def another_type(header: dict[str, Any]) -> dict[str, Any]:
    header["input/kernel"]["dtype"] = "F32"
    return header


def overlapping(header: dict[str, Any]) -> dict[str, Any]:
    header["input/kernel"]["data_offsets"] = [0, 10**15]
    return header


def missing(header: dict[str, Any]) -> dict[str, Any]:
    del header["up1/kernel"]
    return header


def with_info(header: dict[str, Any], **changes: Any) -> dict[str, Any]:
    info = json.loads(header["__metadata__"]["info"]) | changes
    header["__metadata__"]["info"] = json.dumps(info)
    return header


HOSTILE: dict[str, Callable[[dict[str, Any]], Any]] = {
    "nested": deeply_nested,
    "type": another_type,
    "overlap": overlapping,
    "missing": missing,
    "huge": lambda header: with_info(header, width=10**9),
    "many": lambda header: with_info(header, styles=["a"] * 3),
    "field": lambda header: with_info(header, code="print()"),
    "rights": lambda header: with_info(header, photo_rights={"town": {"author": 3}}),
    "no mapping": lambda header: with_info(header, settings=3),
    "negative": lambda header: with_info(header, steps=-1),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_header_that_lies_is_refused(saved: Path, name: str) -> None:
    header, data = split(saved)
    join(saved, HOSTILE[name](header), data)
    with pytest.raises(NetworkFileError, match="Received: "):
        load_network(saved)


def test_weights_that_are_no_numbers_are_refused(saved: Path) -> None:
    header, data = split(saved)
    join(saved, header, np.full(len(data) // 2, np.nan, "<f2").tobytes())
    with pytest.raises(NetworkFileError, match="not a finite number"):
        load_network(saved)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NetworkFileError, match="there is no file"):
        load_network(tmp_path / "none.stylelab")
    with pytest.raises(NetworkFileError, match="which is a folder"):
        load_network(tmp_path)


@pytest.mark.parametrize("path", ["x" * 5000, "~nobody_of_this_name/night.stylelab", "a\0b"])
def test_text_that_is_no_path_of_a_file_is_refused(path: str) -> None:
    with pytest.raises(NetworkFileError, match="there is no file"):
        load_network(path)


FILE_SIZE = 30_000
CHANGES = st.lists(
    st.tuples(st.integers(0, 2000) | st.integers(0, FILE_SIZE), st.binary(min_size=1, max_size=9)),
    min_size=1,
)


@given(CHANGES, st.none() | st.integers(0, FILE_SIZE))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_bytes_are_changed_a_file_is_loaded_or_refused(
    saved: Path, tmp_path: Path, changes: list[tuple[int, bytes]], end: int | None
) -> None:
    content = bytearray(saved.read_bytes())
    for place, new in changes:
        content[place : place + len(new)] = new
    changed = tmp_path / "changed.stylelab"
    changed.write_bytes(content[:end])
    load_or_refuse(changed)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda value: st.lists(value) | st.dictionaries(st.text(), value),
    max_leaves=5,
)


@given(st.sampled_from([one.name for one in fields(INFO)]), JSON_VALUES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_the_description_says_a_file_is_loaded_or_refused(
    saved: Path, tmp_path: Path, name: str, value: Any
) -> None:
    header, data = split(saved)
    load_or_refuse(join(tmp_path / "changed.stylelab", with_info(header, **{name: value}), data))


def load_or_refuse(path: Path) -> None:
    """Load a file; if it is refused, by the error of this kind of file; if not, it can be saved."""
    try:
        network = load_network(path)
    except NetworkFileError as error:
        assert "Received: " in str(error)  # noqa: PT017 - there need not be one
    else:
        assert all(np.isfinite(values).all() for values in network.parameters.values())
        save_network(path.with_name("again.stylelab"), network)


def test_only_a_network_is_replaced(tmp_path: Path, saved: Path) -> None:
    network = PaintingNetwork(INFO)
    save_network(saved, network)
    other = tmp_path / "letter.stylelab"
    other.write_text("Dear reader")
    with pytest.raises(OutputError, match=r"another kind of file\. It is left unchanged"):
        save_network(other, network)
    assert other.read_text() == "Dear reader"
    with pytest.raises(OutputError, match="missing"):
        save_network(tmp_path / "nowhere" / "a.stylelab", network)
