"""Photographs to train on: random crops of samples, arrays, files and folders, as a stream.

A network learns from a crop how a picture like it is painted. The same few photos show it much, if each
crop is another part, mirrored or not, brighter or darker, in other colours.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from stylelab.errors import PictureError, StylelabError
from stylelab.network.tensorflow import import_tensorflow, run_eagerly
from stylelab.pictures.encoding import to_uint8
from stylelab.pictures.images import load_image, picture_shape, resize_to
from stylelab.pictures.paths import expand_home, path_exists
from stylelab.rights.inputs import read_input_rights
from stylelab.rights.record import Rights
from stylelab.samples.catalogue import SAMPLES, load_image_or_sample

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from stylelab.network.tensorflow import Tensor
    from stylelab.pictures.images import Picture, PictureSource

    Photos = PictureSource | Iterable[PictureSource] | None
    """A photo, a folder, several of them, or None: the photographs among the samples."""

SAMPLE_PHOTOS = tuple(name for name, one in SAMPLES.items() if one.kind == "photograph")
"""The photographs that come along."""

PICTURE_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".heic", ".heif", ".avif"}
)
"""What a file in a folder is named, to be taken for a picture."""

DETAIL = 4
"""How many times as long as a crop's side a photo's long side is, when crops are cut from it."""

SMALLEST_SHARE = 0.25
"""The smallest crop's share of a photo's shorter side; the largest has all of it. So a network learns
to paint photos whose details are fine and coarse, large and small."""

GAMMA_DEVIATION = 0.3
"""How much crops are made brighter or darker: the standard deviation of the logarithm of gamma."""

PERMUTED_SHARE = 0.5
"""How many of the crops have their red, green and blue in another order, or by chance the same."""

CACHE_BYTES = 100_000_000
"""Memory that photos are kept in, so that few have to be read twice."""

MAX_RIGHTS = 1000
"""How many photos are named, with their rights, in a network's file."""

BATCHES_AHEAD = 2
"""Batches that are read while the network learns from the one before."""


@dataclass(frozen=True, eq=False)
class TrainingPhotos:
    """Photos to cut crops from. Files are read when a crop of them is drawn.

    Attributes:
        sources: what each is read from, by name.
        skipped: why each photo that could not be read was left out, by name; filled while reading.
    """

    sources: Mapping[str, PictureSource]
    skipped: dict[str, str]

    def read_rights(self) -> dict[str, Rights]:
        """Rights of each photo by name, as far as they can be read; of the first thousand."""
        return {name: _rights_of(source) for name, source in [*self.sources.items()][:MAX_RIGHTS]}


def find_photos(photos: Photos = None) -> TrainingPhotos:
    """List photos to train on; those in folders, and in folders in them, by the names of their files.

    Args:
        photos: names of samples, files, arrays or folders, one or several. None takes the photographs
            among the samples.

    Raises:
        PictureError: something named is not there, or no picture is.
    """
    if photos is None:
        photos = SAMPLE_PHOTOS
    sources: dict[str, PictureSource] = {}
    for source in list_sources(photos):
        for name, one in _named_sources(source, len(sources) + 1):
            sources[str(one) if name in sources else name] = one
    if not sources:
        raise PictureError(
            "Expected one photo or more to train on. Received: none. Name some, or a folder."
        )
    return TrainingPhotos(MappingProxyType(sources), {})


def list_sources(given: PictureSource | Iterable[PictureSource]) -> list[PictureSource]:
    """One source or several, as a list."""
    if isinstance(given, str | os.PathLike | bytes | np.ndarray | Image.Image):
        return [given]
    return [*given]


def _named_sources(source: PictureSource, number: int) -> Iterator[tuple[str, PictureSource]]:
    """Photos that one source stands for, each with a name that tells nothing of the computer."""
    if not isinstance(source, str | os.PathLike):
        yield f"picture {number}", load_image(source)
        return
    path = expand_home(source)
    if path.is_dir():
        files = sorted(one for one in path.rglob("*") if is_picture_name(one))
        if not files:
            raise PictureError(
                f"Expected a folder with photos. Received: {os.fspath(source)!r}, in which no file is "
                "named as a picture. Name another folder."
            )
        for file in files:
            yield f"{path.name}/{file.relative_to(path).as_posix()}", file
    elif path_exists(source) or source not in SAMPLES:
        picture_shape(source)  # raises an error if there is no picture
        yield path.name, source
    else:
        yield str(source), source


class CropStream:
    """Batches of random crops. The same seed draws the same ones, from wherever one begins.

    Args:
        photos: what they are cut from.
        size: their side, in pixels.
        batch: how many there are in each.
        seed: decides them all.
    """

    def __init__(self, photos: TrainingPhotos, size: int, batch: int, seed: int) -> None:
        self.photos, self.size, self.batch, self.seed = photos, size, batch, seed
        self._names = list(photos.sources)
        self._read = lru_cache(max(1, CACHE_BYTES // (3 * (DETAIL * size) ** 2)))(self._read_file)

    def dataset(self, start: int = 0) -> Any:
        """Make the `tf.data.Dataset` of batches (batch, size, size, 3), float32, that never ends.

        Args:
            start: number of the first batch.
        """
        tensorflow = import_tensorflow()
        shape = (self.batch, self.size, self.size, 3)
        return tensorflow.data.Dataset.from_generator(
            lambda: self.batches(start), output_signature=tensorflow.TensorSpec(shape)
        ).prefetch(BATCHES_AHEAD)

    def tensors(self, start: int = 0) -> Iterator[Tensor]:
        """Yield the batches of the dataset as tensors.

        Raises:
            PictureError: none of the photos can be read.
        """
        tensorflow = import_tensorflow()
        following = run_eagerly(next)
        batches = run_eagerly(iter)(self.dataset(start))
        while True:
            try:
                yield following(batches)
            except tensorflow.errors.OpError as error:
                if len(self.photos.skipped) < len(self.photos.sources):
                    raise
                raise no_photo_error(self.photos) from error

    def batches(self, start: int = 0) -> Iterator[NDArray[np.float32]]:
        """Yield the batches as arrays, without reading ahead.

        Raises:
            PictureError: none of the photos can be read.
        """
        number = start
        while True:
            # Each batch has a generator of its own, so that the stream can begin anywhere.
            random = np.random.default_rng((self.seed, number))
            yield np.stack([self._crop(random) for _ in range(self.batch)])
            number += 1

    def _crop(self, random: np.random.Generator) -> Picture:
        photo = None
        while photo is None:
            name = self._names[random.integers(len(self._names))]
            photo = self._read(name)
            if len(self.photos.skipped) == len(self._names):
                raise no_photo_error(self.photos)
        return random_crop(photo, self.size, random)

    def _read_file(self, name: str) -> NDArray[np.uint8] | None:
        """Read one photo, at the size that crops are cut from; None if it cannot be read."""
        try:
            return to_uint8(
                load_image_or_sample(self.photos.sources[name], size=DETAIL * self.size)
            )
        except StylelabError as error:
            self.photos.skipped[name] = str(error)
            return None


def random_crop(
    photo: NDArray[np.uint8], size: int, random: np.random.Generator
) -> NDArray[np.float32]:
    """Cut a square out of a photo, mirrored or not, brighter or darker, perhaps in other colours.

    Args:
        photo: shape (H, W, 3), 0–255.
        size: side of the crop, in pixels.
        random: decides all of it.

    Returns:
        Shape (size, size, 3), float32, in [0, 1].
    """
    shorter = min(photo.shape[:2])
    side = max(1, round(random.uniform(SMALLEST_SHARE, 1) * shorter))
    top, left = (random.integers(length - side + 1) for length in photo.shape[:2])
    part = photo[top : top + side, left : left + side].astype(np.float32) / np.float32(255)
    crop = resize_to(part, size, size)
    if random.random() < 0.5:  # noqa: PLR2004 - one in two
        crop = crop[:, ::-1]
    gamma = np.float32(np.exp(random.normal(0, GAMMA_DEVIATION)))
    order = random.permutation(3) if random.random() < PERMUTED_SHARE else np.arange(3)
    return np.ascontiguousarray((crop**gamma)[..., order])


def _rights_of(source: PictureSource) -> Rights:
    try:
        return read_input_rights({"photo": source})["photo"]
    except StylelabError:  # the photo is damaged, and will be skipped, or its metadata is
        return Rights()


def is_picture_name(path: Path) -> bool:
    """Whether a file is named as a picture, and not hidden."""
    return path.suffix.lower() in PICTURE_SUFFIXES and not path.name.startswith(".")


def no_photo_error(photos: TrainingPhotos) -> PictureError:
    """Error that says that none of the photos can be read, and why not the first."""
    name, reason = next(iter(photos.skipped.items()))
    return PictureError(
        f"Expected at least one photo that can be read. Received: {len(photos.sources)}, none of which "
        f"can; the first is {name}: {reason}"
    )
