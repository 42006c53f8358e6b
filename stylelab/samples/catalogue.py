"""The pictures that come along: photographs of scikit-image's, and styles that our code paints.

```python
photo, painting = sample("cat"), sample("swirling_night")
```
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from stylelab.errors import PictureError, SettingsError
from stylelab.pictures.images import MIN_SIDE, load_image
from stylelab.pictures.paths import is_file
from stylelab.pictures.picture_files import open_picture
from stylelab.samples.painters import STYLES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stylelab.pictures.images import Picture, PictureSource

DEFAULT_STYLE_SIZE = 512
"""Long side, in pixels, of a painted style of which no size is asked."""


@dataclass(frozen=True)
class Sample:
    """A picture that comes along, and whose it is.

    Attributes:
        name: by which `sample` finds it.
        kind: a photograph or a painted style.
        title: what it shows.
        author: who made it.
        licence: under what terms it may be used.
        source: where it comes from.
    """

    name: str
    kind: Literal["photograph", "painted"]
    title: str
    author: str
    licence: str
    source: str


_PHOTOGRAPHS: Mapping[str, Sample] = MappingProxyType(
    {
        "chelsea.png": Sample(
            name="cat",
            kind="photograph",
            title="Chelsea, a cat",
            author="Stéfan van der Walt",
            licence="CC0 1.0",
            source="scikit-image, data/chelsea.png",
        ),
        "coffee.png": Sample(
            name="coffee",
            kind="photograph",
            title="A cup of coffee on a wooden table",
            author="Rachel Michetti, courtesy of Pikolo Espresso Bar",
            licence="CC0 1.0",
            source="scikit-image, data/coffee.png",
        ),
        "astronaut.png": Sample(
            name="astronaut",
            kind="photograph",
            title="Eileen Collins, astronaut",
            author="NASA",
            licence="public domain",
            source="scikit-image, data/astronaut.png; NASA Great Images",
        ),
        "rocket.jpg": Sample(
            name="rocket",
            kind="photograph",
            title="A rocket before its launch at dusk",
            author="SpaceX",
            licence="public domain",
            source="scikit-image, data/rocket.jpg; SpaceX Photos",
        ),
        "camera.png": Sample(
            name="photographer",
            kind="photograph",
            title="A man with a camera, black and white",
            author="Lav Varshney",
            licence="CC0 1.0",
            source="scikit-image, data/camera.png",
        ),
        "hubble_deep_field.jpg": Sample(
            name="deep_field",
            kind="photograph",
            title="Galaxies: the Hubble eXtreme Deep Field",
            author="NASA",
            licence="public domain",
            source="scikit-image, data/hubble_deep_field.jpg; HubbleSite, release 2012-37",
        ),
        "retina.jpg": Sample(
            name="retina",
            kind="photograph",
            title="The back of a healthy eye",
            author="Mikael Häggström",
            licence="CC0 1.0",
            source="scikit-image, data/retina.jpg; doi:10.15347/wjm/2014.008",
        ),
    }
)
"""Photographs by the name of their file in scikit-image's folder `data`."""

_PHOTOGRAPH_FILES: Mapping[str, str] = MappingProxyType(
    {photo.name: file for file, photo in _PHOTOGRAPHS.items()}
)

SAMPLES: Mapping[str, Sample] = MappingProxyType(
    {photo.name: photo for photo in _PHOTOGRAPHS.values()}
    | {
        name: Sample(
            name=name,
            kind="painted",
            title=(paint.__doc__ or name).split("\n", 1)[0].rstrip("."),
            author="stylelab, painted by code",
            licence="CC0 1.0",
            source=f"stylelab.samples.painters.{name}",
        )
        for name, paint in STYLES.items()
    }
)
"""All samples by name: photographs first."""


def load_image_or_sample(source: PictureSource, *, size: int | None = None) -> Picture:
    """Load a picture, or give the sample of that name if there is no such file.

    Args:
        source: anything that `load_image` takes, or a name of `SAMPLES`.
        size: long side in pixels; its own without it.

    Returns:
        Shape (H, W, 3), RGB, float32, in [0, 1].

    Raises:
        PictureError: it is neither; if its name is like a sample's, the message says so.
        SettingsError: the size is too small.
    """
    if not isinstance(source, str) or is_file(source):
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
    """Give a picture that comes along; see `SAMPLES` for names, authors and licences.

    Args:
        name: a photograph's (`"cat"`) or a painted style's (`"swirling_night"`).
        size: long side in pixels. A photograph comes in its own size without it, a painted style,
            which is 4 wide and 3 high, with 512.

    Returns:
        Shape (H, W, 3), RGB, float32, in [0, 1].

    Raises:
        PictureError: there is no sample of that name; the message suggests the nearest.
        SettingsError: the size is too small.
    """
    if name in STYLES:
        width = DEFAULT_STYLE_SIZE if size is None else size
        if isinstance(width, bool) or not isinstance(width, int) or width * 3 // 4 < MIN_SIDE:
            raise SettingsError(
                f"Expected a size of at least {MIN_SIDE * 4 // 3 + 1} pixels. Received: {size!r}."
            )
        return STYLES[name](width * 3 // 4, width)
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
