"""Films of a run: its steps as an animated GIF or WebP, or as MP4 where PyAV is installed.

```python
film = Film("cat.gif")
transfer(photo, painting, callback=film)
film.save()
```
"""

from __future__ import annotations

import importlib.util
from fractions import Fraction
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from PIL import Image

from stylelab.errors import OutputError
from stylelab.pictures.atomic_files import atomic_write
from stylelab.pictures.encoding import ENCODER_OPTIONS, encode_image, to_uint8
from stylelab.pictures.images import MIN_SIDE, resize
from stylelab.pictures.saving import validate_output_path
from stylelab.pictures.validation import validate_whole_number

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from stylelab.pictures.images import Picture
    from stylelab.pictures.saving import SupportsXmp

    class HasImage(Protocol):
        """What has a picture: a `Step`, a `Progress`."""

        @property
        def image(self) -> Picture:
            """The picture (H, W, 3), RGB, in [0, 1]."""

    class FilmRights(SupportsXmp, Protocol):
        """Rights as `make_rights_statement` states them."""

        @property
        def credit(self) -> str:
            """The credit line."""


FilmFormat = Literal["GIF", "WEBP", "MP4"]

FILM_FORMATS: Mapping[str, FilmFormat] = {".gif": "GIF", ".webp": "WEBP", ".mp4": "MP4"}
"""Format of a film, by its suffix."""

FRAME_MILLISECONDS = 80
"""How long a film shows each frame; the last one stays for `LAST_FRAME_MILLISECONDS`."""

LAST_FRAME_MILLISECONDS = 1600

MAX_FRAMES = 200
"""Frames of the longest film: 16 seconds, and about 20 MB of memory while it is recorded. The number is
even, so that the newest frame stays when there is one too many and every second one is left out."""

PALETTE_PIXELS = 65_536
"""About so many pixels, from all frames, decide on a GIF's colours."""

BT_709, VIDEO_RANGE = 1, 1
"""FFmpeg's numbers for the colours of ITU-R BT.709 (ITU-T H.273), and for luminance from 16 to 235."""


class Film:
    """The steps of a run as a film, recorded by a callback.

    ```python
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        film = sl.Film(f"{folder}/cat.gif")
        sl.transfer(photo, painting, size=64, steps=3, callback=film, progress=False)
        film.save()
    ```

    Of a long run every second step is kept, or every fourth, and so on: at most 200, and always the
    last. So memory does not grow. Frames are all as large as the last: what was painted small is
    enlarged.

    Args:
        path: where it is saved. The suffix is the format: .gif (256 colours), .webp, or .mp4, which
            needs PyAV: pip install "stylelab[film]".
        size: longest side in pixels; smaller pictures are not enlarged.
        inputs: files that must not be overwritten.
        make_folders: whether to make missing folders.

    Raises:
        OutputError: nothing can be written there, or PyAV is missing.
        SettingsError: the size is out of its range.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        size: int = 512,
        inputs: Iterable[str | os.PathLike[str]] = (),
        make_folders: bool = False,
    ) -> None:
        validate_whole_number("size", size, at_least=MIN_SIDE, unit="pixels")
        self.path = validate_output_path(
            path, inputs=inputs, make_folders=make_folders, suffixes=tuple(FILM_FORMATS)
        )
        self.size = size
        self._format = FILM_FORMATS[self.path.suffix.lower()]
        if self._format == "MP4" and importlib.util.find_spec("av") is None:
            raise OutputError(
                f"Expected PyAV for a film as MP4. Received: {self.path.name!r}, and no such package "
                'here. Run: pip install "stylelab[film]"; or choose .webp or .gif.'
            )
        self._frames: list[bytes] = []
        self._every = 1
        self._count = 0
        self._last: HasImage | None = None

    def __call__(self, step: HasImage) -> None:
        """Add the picture of a step, or of anything else with an `image` (H, W, 3).

        Raises:
            PictureError: it is no picture.
        """
        is_kept = self._count % self._every == 0
        self._count += 1
        self._last = None if is_kept else step  # a reference: most are never asked for
        if not is_kept:
            return
        self._frames.append(self._encode_frame(step))
        if len(self._frames) > MAX_FRAMES:
            self._frames = self._frames[::2]
            self._every *= 2

    def save(self, *, rights: FilmRights | None = None) -> Path:
        """Save the film atomically, completely or not at all, and return its path.

        Args:
            rights: as `make_rights_statement` makes them: the whole statement in a WebP, the credit
                line in a GIF and in an MP4.

        Raises:
            OutputError: it cannot be written, or there were fewer than two steps.
        """
        frames = self._frames + ([] if self._last is None else [self._encode_frame(self._last)])
        encoded = encode_film(frames, self._format, rights=rights)
        try:
            with atomic_write(self.path) as file:
                file.write(encoded)
        except OSError as error:
            raise OutputError(
                f"Expected to write a film. Received: {str(self.path)!r}, where writing failed "
                f"({error}). Check the free space, or choose another folder."
            ) from error
        return self.path

    def _encode_frame(self, step: HasImage) -> bytes:
        image = step.image
        small = resize(image, self.size) if max(image.shape[:2]) > self.size else image
        pixels = Image.fromarray(to_uint8(small))
        return encode_image(pixels, "JPEG", **ENCODER_OPTIONS["JPEG"])


def encode_film(
    frames: Sequence[bytes], file_format: FilmFormat, *, rights: FilmRights | None = None
) -> bytes:
    """The content of a film's file.

    Args:
        frames: picture files, two at least; all are scaled to the size of the last.
        file_format: GIF has 256 colours, the same in all frames. WebP has quality 80. MP4 is H.264
            in the colours of ITU-R BT.709; it needs PyAV.
        rights: see `Film.save`.

    Raises:
        OutputError: there are fewer than two frames, or the film cannot be encoded.
    """
    if len(frames) < 2:  # noqa: PLR2004 - a film has two pictures at least
        raise OutputError("Expected a run of several steps. Received: one with fewer.")
    try:
        return _ENCODERS[file_format](frames, rights)
    except Exception as error:
        raise OutputError(
            f"Expected to make a film of {len(frames)} pictures. Received: an encoder that fails "
            f"({error}). Choose another format, or a smaller size."
        ) from error


def _scaled_frames(frames: Sequence[bytes]) -> Iterator[Image.Image]:
    """All frames in the size of the last, one after the other."""
    with Image.open(BytesIO(frames[-1])) as last:
        size = last.size
    for frame in frames:
        with Image.open(BytesIO(frame)) as image:
            rgb = image.convert("RGB")
        yield rgb if rgb.size == size else rgb.resize(size, Image.Resampling.BICUBIC)


def _encode_gif(frames: Sequence[bytes], rights: FilmRights | None) -> bytes:
    every = -(-PALETTE_PIXELS // len(frames))
    chosen = [_spread_pixels(image, every) for image in _scaled_frames(frames)]
    # One palette for all: with one for each frame, plain areas would flicker. Median cut, which
    # Pillow takes otherwise, loses rare bright colours.
    palette = Image.fromarray(np.concatenate(chosen)[None]).quantize(
        256, Image.Quantize.MAXCOVERAGE
    )
    images = [image.quantize(palette=palette) for image in _scaled_frames(frames)]
    comment = {} if rights is None else {"comment": rights.credit}
    return _encode_by_pillow(images, "GIF", **comment)


def _spread_pixels(image: Image.Image, count: int) -> NDArray[np.uint8]:
    """About `count` pixels (N, 3), from all over a picture."""
    pixels = np.asarray(image).reshape(-1, 3)
    return pixels[:: max(1, len(pixels) // count)]


def _encode_webp(frames: Sequence[bytes], rights: FilmRights | None) -> bytes:
    xmp = {} if rights is None else {"xmp": rights.xmp_packet()}
    return _encode_by_pillow([*_scaled_frames(frames)], "WEBP", quality=80, **xmp)


def _encode_by_pillow(images: Sequence[Image.Image], file_format: str, **options: Any) -> bytes:
    first, *others = images
    durations = [FRAME_MILLISECONDS] * len(others) + [LAST_FRAME_MILLISECONDS]
    return encode_image(
        first,
        file_format,
        save_all=True,
        append_images=others,
        duration=durations,
        loop=0,
        **options,
    )


def _encode_mp4(frames: Sequence[bytes], rights: FilmRights | None) -> bytes:
    import av

    held = [frames[-1]] * (LAST_FRAME_MILLISECONDS // FRAME_MILLISECONDS - 1)
    with Image.open(BytesIO(frames[-1])) as last:
        # Every second pixel has a colour, so H.264 takes even sides only.
        width, height = (side // 2 * 2 for side in last.size)
    buffer = BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        if rights is not None:
            container.metadata["comment"] = rights.credit
        stream = container.add_stream("h264", rate=Fraction(1000, FRAME_MILLISECONDS))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        context = stream.codec_context
        context.colorspace = context.color_primaries = context.color_trc = BT_709
        context.color_range = VIDEO_RANGE
        for image in _scaled_frames([*frames, *held]):
            frame = av.VideoFrame.from_image(image.crop((0, 0, width, height)))
            container.mux(stream.encode(frame.reformat(format="yuv420p", dst_colorspace="ITU709")))
        container.mux(stream.encode())
    return buffer.getvalue()


_ENCODERS: Mapping[FilmFormat, Callable[[Sequence[bytes], FilmRights | None], bytes]] = {
    "GIF": _encode_gif,
    "WEBP": _encode_webp,
    "MP4": _encode_mp4,
}
