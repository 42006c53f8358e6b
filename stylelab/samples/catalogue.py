"""Bundled pictures: photographs from scikit-image, and style pictures painted by code.

```python
photo, painting = sample("cat"), sample("swirling_night")
```
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from stylelab.errors import PictureError
from stylelab.pictures.images import MIN_SIDE, load_image
from stylelab.pictures.paths import path_exists
from stylelab.pictures.picture_files import open_picture
from stylelab.pictures.validation import validate_whole_number
from stylelab.samples.painters import STYLES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stylelab.pictures.images import Picture, PictureSource

DEFAULT_STYLE_SIZE = 512
"""Default long side of a painted style, in pixels."""


@dataclass(frozen=True)
class Sample:
    """Name, author and licence of a bundled picture.

    Attributes:
        name: argument of `sample`.
        kind: a photograph or a painted style.
        title: its subject.
        author: its photographer or painter.
        licence: terms of use.
        source: its origin; for a painted style that is a homage, also its model.

    ```python
    assert sl.SAMPLES["cat"].licence == "CC0 1.0"
    ```
    """

    name: str
    kind: Literal["photograph", "painted"]
    title: str
    author: str
    licence: str
    source: str


# Name, file in the folder `data` of scikit-image, title, author, licence, where it comes from.
_PHOTOGRAPHS = (
    ("cat", "chelsea.png", "Chelsea, a cat",
     "Stéfan van der Walt", "CC0 1.0", ""),
    ("coffee", "coffee.png", "A cup of coffee on a wooden table",
     "Rachel Michetti, courtesy of Pikolo Espresso Bar", "CC0 1.0", ""),
    ("astronaut", "astronaut.png", "Eileen Collins, astronaut",
     "NASA", "public domain", "; NASA Great Images"),
    ("rocket", "rocket.jpg", "A rocket before its launch at dusk",
     "SpaceX", "public domain", "; SpaceX Photos"),
    ("photographer", "camera.png", "A man with a camera, black and white",
     "Lav Varshney", "CC0 1.0", ""),
    ("deep_field", "hubble_deep_field.jpg", "Galaxies: the Hubble eXtreme Deep Field",
     "NASA", "public domain", "; HubbleSite, release 2012-37"),
    ("retina", "retina.jpg", "The back of a healthy eye",
     "Mikael Häggström", "CC0 1.0", "; doi:10.15347/wjm/2014.008"),
)  # fmt: skip
# What a painted style is a homage to. All these painters died more than seventy years ago.
_MODELS = {
    "swirling_night": "Vincent van Gogh, The Starry Night, 1889, Museum of Modern Art, New York",
    "woodcut_waves": "Katsushika Hokusai, Under the Wave off Kanagawa, known as The Great Wave, "
    "about 1831",
    "brush_garden": "Claude Monet's pictures of his water garden at Giverny",
    "pointillist_field": "the technique of Georges Seurat and Paul Signac",
}
_PHOTOGRAPH_FILES = {name: file for name, file, *_ in _PHOTOGRAPHS}


def _after(name: str) -> str:
    """What the style is painted after, to be added to its source; empty if there is no one model."""
    return f", after {_MODELS[name]}" if name in _MODELS else ""


SAMPLES: Mapping[str, Sample] = MappingProxyType(
    {
        name: Sample(
            name, "photograph", title, author, licence, f"scikit-image, data/{file}{origin}"
        )
        for name, file, title, author, licence, origin in _PHOTOGRAPHS
    }
    | {
        name: Sample(
            name=name,
            kind="painted",
            title=(paint.__doc__ or name).split("\n", 1)[0].rstrip("."),
            author="stylelab, painted by code",
            licence="CC0 1.0",
            source=f"stylelab.samples.painters.{name}" + _after(name),
        )
        for name, paint in STYLES.items()
    }
)
"""All samples by name: photographs first."""


def load_image_or_sample(source: PictureSource, *, size: int | None = None) -> Picture:
    """A picture from any source, or the sample of that name if there is no such file.

    Args:
        source: anything that `load_image` takes, or a name of `SAMPLES`.
        size: long side in pixels; None keeps the picture's own.

    Returns:
        Shape (H, W, 3), RGB, float32, in [0, 1].

    Raises:
        PictureError: it is neither; the message suggests a sample of a similar name.
        SettingsError: the size is too small.
    """
    if not isinstance(source, str) or path_exists(source):
        return load_image(source, size=size)
    if source in SAMPLES:
        return sample(source, size)
    try:
        return load_image(source, size=size)
    except PictureError as error:
        if near := difflib.get_close_matches(source, SAMPLES, n=1, cutoff=0.75):
            raise PictureError(f"{error} Or did you mean the sample {near[0]!r}?") from error
        raise


def sample(name: str, size: int | None = None) -> Picture:
    """A bundled picture, (H, W, 3), RGB float32 in [0, 1]; `SAMPLES` has names, authors, licences.

    Args:
        name: of a photograph (`"cat"`) or of a painted style (`"swirling_night"`).
        size: long side in pixels. None takes the photograph's own size, or 512 for a painted style,
            whose proportions are 4 : 3.

    Raises:
        PictureError: there is no sample of that name; the message suggests the nearest.
        SettingsError: the size is too small.

    ```python
    cat = sl.sample("cat", size=64)
    ```
    """
    if name in STYLES:
        width = DEFAULT_STYLE_SIZE if size is None else size
        validate_whole_number("size", width, at_least=MIN_SIDE * 4 // 3 + 1, unit="pixels")
        if width == DEFAULT_STYLE_SIZE:
            return _paint_default_size(name).copy()
        return _paint(name, width)
    if name in _PHOTOGRAPH_FILES:
        with open_picture(
            (files("skimage") / "data" / _PHOTOGRAPH_FILES[name]).read_bytes()
        ) as image:
            return load_image(image, size=size)
    near = difflib.get_close_matches(str(name), SAMPLES, n=1, cutoff=0.5)
    suggestion = f" Did you mean {near[0]!r}?" if near else ""
    raise PictureError(
        f"Expected the name of a sample: {', '.join(SAMPLES)}. Received: {name!r}.{suggestion}"
    )


def _paint(name: str, width: int) -> Picture:
    return STYLES[name](width * 3 // 4, width)


@cache
def _paint_default_size(name: str) -> Picture:
    """A painted style of the default size: painted once (one to three seconds) and kept (2.4 MB)."""
    return _paint(name, DEFAULT_STYLE_SIZE)
