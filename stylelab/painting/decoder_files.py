"""Decoders in files, in the format of painting networks, and those that come along."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylelab.painting.decoder import Decoder, DecoderInfo, decoder_shapes
from stylelab.painting.network_files import (
    DECODER_FORMAT,
    SUFFIX,
    network_path,
    read_parameters,
    unreadable_error,
    write_parameters,
)
from stylelab.pictures.paths import expand_home, path_exists
from stylelab.rights.record import declare_rights

if TYPE_CHECKING:
    from os import PathLike

STORED_DECODERS = Path(__file__).parent / "decoders"


def save_decoder(path: str | PathLike[str], decoder: Decoder) -> Path:
    """Save a decoder, in half precision, with its settings and the rights of its photos.

    ```python
    sl.save_decoder("mine.stylelab", sl.load_decoder("block1_conv1"))
    ```

    Args:
        path: where; `.stylelab` is added to a name without it.
        decoder: what to save.

    Returns:
        The path of the file.

    Raises:
        OutputError: the file cannot be written, or a file of another kind is there.
    """
    info = decoder.info
    target = network_path(path, DECODER_FORMAT)
    described = {one.name: getattr(info, one.name) for one in fields(info)}
    described |= {
        "photo_rights": {name: rights.facts() for name, rights in info.photo_rights.items()},
        "settings": dict(info.settings),
    }
    write_parameters(target, DECODER_FORMAT, described, decoder.parameters, decoder_shapes(info))
    return target


def load_decoder(source: str | PathLike[str]) -> Decoder:
    """Load a decoder that `save_decoder` saved, or one that comes along.

    ```python
    decoder = sl.load_decoder("block2_conv1")
    maps = sl.VGG19("block2_conv1", padding_mode="symmetric")(photo)["block2_conv1"]
    again = decoder(maps)
    ```

    Args:
        source: a file, or the layer of a stored one: block1_conv1, block2_conv1 or block3_conv1.

    Raises:
        NetworkFileError: the file is missing, damaged or of another kind.
    """
    stored = STORED_DECODERS / f"{source}{SUFFIX}"
    file = stored if path_exists(stored) else expand_home(source)
    try:
        info, parameters = read_parameters(file, DECODER_FORMAT, _read_info, decoder_shapes)
        return Decoder(info, parameters)
    except Exception as error:
        raise unreadable_error(file, error, DECODER_FORMAT) from error


def _read_info(values: dict[str, Any]) -> DecoderInfo:
    rights = {name: declare_rights(one, "network") for name, one in values["photo_rights"].items()}
    return DecoderInfo(**values | {"photo_rights": rights})
