"""A photo painted by a network, in one call: read, paint, mix, and keep what was done."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from stylelab.errors import NetworkFileError, SettingsError
from stylelab.network.tensorflow import run_eagerly
from stylelab.painting.large_pictures import LEAST_TILE, paint_in_tiles, validate_memory
from stylelab.painting.network_files import SUFFIX, load_network
from stylelab.painting.painting_network import PaintingNetwork
from stylelab.pictures.masks import resize_mask
from stylelab.pictures.paths import expand_home, path_exists
from stylelab.pictures.validation import as_float, describe_received, validate_whole_number
from stylelab.pipeline.inputs import dots_per_inch, input_files, numbered, photo_alpha
from stylelab.pipeline.result import PaintedPicture
from stylelab.pipeline.streams import progress_bar
from stylelab.rights.inputs import read_input_rights
from stylelab.rights.record import Rights
from stylelab.samples.catalogue import load_image_or_sample

if TYPE_CHECKING:
    from collections.abc import Callable

    from stylelab.painting.painting_network import NetworkInfo
    from stylelab.pictures.images import Picture, PictureSource
    from stylelab.pictures.masks import Mask

NetworkSource: TypeAlias = PaintingNetwork | str | PathLike[str]
"""A network, its file, or the name of one that comes along."""

Style: TypeAlias = str | int | Mapping[str, float] | None
"""Name or number of a style of a network, or weights by name; None if there is just one."""

TILE = 1024
"""Side of the square that is painted at once, in pixels."""

STORED_NETWORKS = Path(__file__).parent / "networks"


@dataclass(frozen=True, eq=False)
class PaintedPhoto(PaintedPicture):
    """A photo that a network painted.

    ```python
    network = sl.PaintingNetwork(("night", "glass"), width=4, blocks=1)
    painted = sl.paint(photo, network, style={"night": 3, "glass": 1})
    painted.styles  # {"night": 0.75, "glass": 0.25}
    painted.save("cat.png", title="A cat")
    ```

    Attributes: those of every `PaintedPicture`, and
        network: what the network is, and what it was made of.
        network_name: its file or its name, if it was given so.
        styles: how much each style counts, by name; the sum is 1.
        strength: how much of the picture is painted, from 0, the photo, to 1.
    """

    network: NetworkInfo
    network_name: str | None
    styles: Mapping[str, float]
    strength: float

    @property
    def metadata(self) -> dict[str, Any]:
        """Network, styles, size and strength, as plain values."""
        return {
            "network": self.network_name or "a network",
            "network_steps": self.network.steps,
            "styles": dict(self.styles),
            "strength": self.strength,
            "size": max(self.image.shape[:2]),
        }


def paint(
    photo: PictureSource,
    network: NetworkSource,
    *,
    style: Style = None,
    size: int | None = None,
    strength: float = 1.0,
    tile: int = TILE,
    keep_transparency: bool = False,
    rights: Mapping[str, Rights | Mapping[str, str]] | None = None,
    progress: bool = True,
) -> PaintedPhoto:
    """Paint a photo with a network, in one pass (Johnson et al. 2016, arXiv:1603.08155).

    ```python
    network = sl.PaintingNetwork(("night", "glass"), width=4, blocks=1)
    painted = sl.paint("cat", network, style="glass", size=64)
    half = sl.paint("cat", network, style={"night": 0.5, "glass": 0.5}, size=64, strength=0.8)
    ```

    An optimizer can go on from there, some evaluations ahead of one that starts at the photo:

    ```python
    result = sl.transfer("cat", "stained_glass", start=half.image, size=64, steps=2, progress=False)
    ```

    (An array tells nothing of its rights. A file does: `painted.save("start.png", licence="CC0 1.0")`
    is a start, too.)

    Args:
        photo: what to paint; anything that `load_image_or_sample` takes: a file, an array, a sample's
            name. At least 16 pixels a side.
        network: a `PaintingNetwork`, its file, or the name of one that comes along.
        style: name or number (from 0) of one of the network's styles, or a mixture: weights by name,
            of which only the ratios count. None is enough if there is just one style.
        size: long side of the finished picture, in pixels; None keeps the photo's own. Strokes have the
            size in pixels that the network learned: the larger the picture, the finer they are in it.
        strength: from 0, the photo as it is, to 1, all paint: a mean of the pixels of both.
        tile: side, in pixels, of the square that is painted at once, at least 20. A larger picture is
            painted in tiles, to the same result with less memory, in two to three times the time.
        keep_transparency: let the result be transparent where the photo is. It is painted over white
            either way.
        rights: what you know of the pictures' rights: author, licence and source of `"photo"`, and
            of the styles' `"painting"`, `"painting_2"`, …; see `read_input_rights`. Files' metadata and
            the network's own record are read, too. Paintings count if their style has a weight; the
            photos that the network was trained on do not: nothing of them is in the result.
        progress: show a bar, if there is more than one tile.

    Raises:
        PictureError: the photo cannot be read, is too small, or too large for the memory.
        NetworkFileError: there is no such network, or its file is damaged.
        SettingsError: another argument is not what it should be.
    """
    validate_whole_number("tile", tile, at_least=LEAST_TILE, unit="pixels")
    if not 0 <= as_float(strength) <= 1:
        raise SettingsError(
            f"Expected strength as a number from 0 to 1. Received: {describe_received(strength)}."
        )
    painter, network_file = find_network(network)
    shares = style_shares(painter.styles, style)
    source = _load_photo(photo, size, keep_transparency=keep_transparency)
    with progress_bar(shown=progress and _is_large(source.image, tile)) as bar:
        image = paint_image(
            source.image, painter, shares, tile=tile, report=lambda share: bar.update(share - bar.n)
        )
    # In place: a picture may be as large as memory.
    image *= np.float32(strength)
    image += np.multiply(source.image, np.float32(1 - strength), out=source.image)
    paintings = [painter.info.style_rights.get(name, Rights()) for name in shares]
    return PaintedPhoto(
        np.clip(image, 0, 1, out=image),
        network=painter.info,
        network_name=None if network_file is None else str(network),
        styles=shares,
        strength=float(strength),
        rights=read_input_rights({"photo": photo} | numbered("painting", paintings), rights),
        inputs=(*input_files(photo), *([] if network_file is None else [network_file])),
        alpha=source.alpha,
        dots_per_inch=source.dots_per_inch,
    )


@run_eagerly
def paint_image(
    image: Picture,
    network: PaintingNetwork,
    style: Style = None,
    *,
    tile: int = TILE,
    report: Callable[[float], object] = lambda _: None,
) -> Picture:
    """Paint a picture (H, W, 3) that is in memory: at once, or if it is large, in tiles.

    Args:
        image: at least 16 pixels a side.
        network: what paints.
        style: see `paint`.
        tile: side of the square that is painted at once, in pixels.
        report: is given the share of the work that is done after each tile.

    Raises:
        PictureError: it is too small, or too large for the memory.
        SettingsError: the style is none of the network's.
    """
    shares = style_shares(network.styles, style)
    weights = np.array([shares.get(name, 0) for name in network.styles], np.float32)
    height, width, _ = image.shape
    validate_memory(network.info, height, width, tile)
    if _is_large(image, tile):
        return paint_in_tiles(network, image, weights, tile, report)
    painted: Picture = network(image[None], weights[None]).numpy()[0]
    return painted


def style_shares(styles: tuple[str, ...], style: Style) -> dict[str, float]:
    """How much each style counts that has a weight, by name; the sum is 1.

    Args:
        styles: names of a network's styles.
        style: name or number of one, weights by name, or None if there is just one.

    Raises:
        SettingsError: it names another style, or the weights are not numbers of at least 0, of which
            one is above it.
    """
    if style is None and len(styles) == 1:
        style = 0
    if isinstance(style, int | np.integer) and not isinstance(style, bool):
        style = styles[style] if 0 <= style < len(styles) else style
    weights = style if isinstance(style, Mapping) else {str(style): 1.0}
    if unknown := [name for name in weights if name not in styles]:
        near = difflib.get_close_matches(str(unknown[0]), styles, n=1)
        raise SettingsError(
            f"Expected style as one of {', '.join(styles)}, or weights of several. "
            f"Received: {describe_received(style if style is None else unknown[0])}. "
            f"Take style={near[0] if near else styles[0]}, for example."
        )
    values = {name: as_float(weight) for name, weight in weights.items()}
    largest = max(values.values(), default=0)
    if not (0 < largest < math.inf and min(values.values()) >= 0):  # NaN is neither
        raise SettingsError(
            "Expected weights of styles as numbers of at least 0, and one above it. "
            f"Received: {describe_received(dict(weights))}."
        )
    total = sum(value / largest for value in values.values())
    return {name: value / largest / total for name, value in values.items() if value}


def find_network(network: NetworkSource) -> tuple[PaintingNetwork, Path | None]:
    """A network and its file, if it is given by that, or by the name of one that comes along.

    Raises:
        NetworkFileError: there is no such network, or its file is damaged.
    """
    if isinstance(network, PaintingNetwork):
        return network, None
    stored = {path.stem: path for path in sorted(STORED_NETWORKS.glob(f"*{SUFFIX}"))}
    if path_exists(network):
        file = expand_home(network)
    elif str(network) in stored:
        file = stored[str(network)]
    else:
        known = f"; or name one that comes along: {', '.join(stored)}" if stored else ""
        raise NetworkFileError(
            f"Expected a painting network or its file. Received: {describe_received(network)}, where "
            f"there is no file. Check the spelling{known}."
        )
    return load_network(file), file


class _Photo(NamedTuple):
    image: Picture
    alpha: Mask | None
    dots_per_inch: float | None


def _load_photo(photo: PictureSource, size: int | None, *, keep_transparency: bool) -> _Photo:
    image = load_image_or_sample(photo, size=size)
    alpha = photo_alpha(photo, keep=keep_transparency)
    if alpha is not None:
        alpha = resize_mask(alpha, *image.shape[:2])
    return _Photo(image, alpha, dots_per_inch(photo))


def _is_large(image: Picture, tile: int) -> bool:
    return math.prod(image.shape[:2]) > tile**2
