"""A short film with a motion that is known, and how much a painted film flickers: for notebook 19.

A film is a list of pictures of one shape. Its flow says, for each pixel of a frame, where that place
was in the frame before; here it is the same for all frames, as the camera moves evenly.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from stylelab.errors import PictureError, SettingsError
from stylelab.losses.content import content
from stylelab.losses.loss import Loss
from stylelab.losses.style import style
from stylelab.losses.term import Target, Term
from stylelab.network.tensorflow import import_tensorflow
from stylelab.optimizers.lbfgs import lbfgs
from stylelab.painting.paint import find_network
from stylelab.samples.catalogue import load_image_or_sample

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from stylelab.losses.term import TargetMaps
    from stylelab.network.tensorflow import Tensor
    from stylelab.painting.paint import NetworkSource
    from stylelab.pictures.images import Picture, PictureSource

    Flow = NDArray[np.float64]
    Mask = NDArray[np.bool_]

WAYS = ("noise", "photo", "last picture", "moved picture", "moved and held")
"""What each frame of a film begins with: see `paint_film`."""

CONTENT_LAYERS = ("block3_conv1",)
STYLE_LAYERS = ("block1_conv1", "block2_conv1", "block3_conv1")
"""Layers near the picture: a third of the work of the usual ones, and frames are small."""

STYLE_WEIGHT, HOLD_WEIGHT = 10, 300

DETAIL = 2
"""Pixels of the photo to a pixel of a frame: sampled between pixels, it stays as sharp as it is."""


def make_flow(
    height: int, width: int, *, down: float = 0.4, across: float = 2.0, zoom: float = 0.985
) -> Flow:
    """Return where each pixel was in the frame before: (H, W, 2), row and column.

    Args:
        height: of a frame.
        width: of a frame.
        down: rows by which the middle of the frame was further down before.
        across: columns by which it was further right.
        zoom: distance from the middle before, for a distance of 1 now; below 1 the camera comes nearer.
    """
    middle = np.array([height - 1, width - 1]) / 2
    places = np.indices((height, width)).transpose(1, 2, 0)
    flow: Flow = middle + zoom * (places - middle) + (down, across)
    return flow


def make_film(
    photo: PictureSource, *, frames: int = 8, width: int = 128, **motion: float
) -> tuple[list[Picture], Flow]:
    """Move a camera over a photo, and return the frames and their flow.

    ```python
    film, flow = make_film("cat")
    ```

    Args:
        photo: anything that `load_image_or_sample` takes; at least as wide as high.
        frames: their number.
        width: of a frame, in pixels; it is three quarters as high.
        motion: see `make_flow`.

    Returns:
        Frames (H, W, 3), and the flow (H, W, 2) from each to the one before.

    Raises:
        SettingsError: the camera leaves the photo.
    """
    from scipy.ndimage import gaussian_filter

    height = width * 3 // 4
    large = load_image_or_sample(photo, size=round(1.25 * DETAIL * width))
    smooth = gaussian_filter(large, (0.4 * DETAIL, 0.4 * DETAIL, 0))
    flow = make_flow(height, width, **motion)
    origin, ahead = flow[0, 0], (flow[1, 1] - flow[0, 0])[0]
    steps = make_flow(height, width, down=0, across=0, zoom=1)
    # Half of the way is before the photo's middle, half behind it.
    middle = np.array([height - 1, width - 1]) / 2
    drift = (frames - 1) / 2 * (origin + ahead * middle - middle)
    film = []
    for _ in range(frames):
        inside = (np.array(large.shape[:2]) - 1) / 2 + DETAIL * (steps - middle - drift)
        if inside.min() < 0 or (inside.max((0, 1)) > np.array(large.shape[:2]) - 1).any():
            raise SettingsError(
                f"Expected a motion that stays on the photo for {frames} frames. Received: one that "
                "leaves it. Move less, or take fewer frames."
            )
        film.append(_look_up(smooth, inside))
        steps = origin + ahead * steps
    return film, flow


def warp(picture: Picture, flow: Flow) -> Picture:
    """Move a picture along the flow: what was there before, where it is now.

    Args:
        picture: (H, W, 3), the frame before.
        flow: (H, W, 2), row and column in it for each pixel; between pixels it is interpolated with
            cubic splines, outside the nearest pixel counts.

    Raises:
        PictureError: picture and flow have different sizes.
    """
    if picture.shape[:2] != flow.shape[:2]:
        raise PictureError(
            f"Expected a flow for each pixel, of size {picture.shape[:2]}. Received: {flow.shape[:2]}."
        )
    return _look_up(picture, flow)


def _look_up(picture: Picture, places: Flow) -> Picture:
    from scipy.ndimage import map_coordinates

    rows_and_columns = places.transpose(2, 0, 1)
    channels = [
        map_coordinates(picture[..., channel], rows_and_columns, order=3, mode="nearest")
        for channel in range(picture.shape[-1])
    ]
    moved: Picture = np.clip(np.stack(channels, axis=-1), 0, 1).astype(np.float32)
    return moved


def in_view(flow: Flow) -> Mask:
    """Return which pixels were in the frame before: (H, W)."""
    last = np.array(flow.shape[:2]) - 1
    mask: Mask = np.all((flow >= 0) & (flow <= last), axis=-1)
    return mask


def flicker(before: Picture, after: Picture, flow: Flow) -> float:
    """Mean difference of a frame from the one before, moved along, where that was in view.

    Args:
        before: (H, W, 3).
        after: (H, W, 3), the next frame.
        flow: (H, W, 2).

    Returns:
        In gray levels: 0, each place keeps its colour; 255, from black to white.
    """
    differences = np.abs(after - warp(before, flow))[in_view(flow)]
    return 255 * float(differences.mean())


def mean_flicker(film: Sequence[Picture], flow: Flow) -> float:
    """Mean of `flicker` over all frames but the first."""
    return float(np.mean([flicker(*pair, flow) for pair in pairwise(film)]))


def hold(picture: Picture, mask: Mask) -> Loss:
    """Ask for the pixels of a picture where a mask says so: the mean of squared differences.

    The temporal term of Ruder et al. 2016 (arXiv:1604.08610, equation 6, without its confidences).

    Args:
        picture: (H, W, 3), such as the last painted frame, moved along the flow.
        mask: (H, W), where it holds.
    """
    return Loss(((1.0, HoldTerm(picture, mask)),))


@dataclass(frozen=True, eq=False)
class HoldTerm(Term):
    """How far pixels are from those of another picture. Made by `hold`."""

    picture: Picture
    where: Mask
    name: ClassVar[str] = "hold"  # type: ignore[misc]

    @property
    def graph_key(self) -> Hashable:
        """Nothing else: picture and mask are given to the graph."""
        return ("hold",)

    def targets(
        self,
        maps: TargetMaps,  # noqa: ARG002
        shape: tuple[int, int, int],
    ) -> Mapping[str | None, Target]:
        """The picture, the mask, and how many values it lets through.

        Raises:
            PictureError: they have not the size of the picture painted.
        """
        if self.picture.shape != shape or self.where.shape != shape[:2]:
            raise PictureError(
                f"Expected a picture and a mask of the size painted, {shape[:2]}. Received: "
                f"{self.picture.shape[:2]} and {self.where.shape}."
            )
        mask = self.where.astype(np.float32)
        values = max(1.0, float(mask.sum()) * shape[2])
        return {None: Target(mask, self.picture, constants=(values,))}

    def sums(
        self, values: Tensor, weights: Tensor | None = None, target: Tensor | None = None
    ) -> tuple[Tensor, ...]:
        """Sum of squared differences, a scalar."""
        tensorflow = import_tensorflow()
        squares = tensorflow.square(values - target)
        if weights is not None:
            squares *= tensorflow.cast(weights, squares.dtype)[..., None]
        return (tensorflow.reduce_sum(squares),)

    def distance(self, sums: tuple[Tensor, ...], constants: tuple[Any, ...]) -> Tensor:
        """Mean of the squared differences."""
        return sums[0] / import_tensorflow().cast(constants[0], sums[0].dtype)


def frame_loss(frame: Picture, painting: PictureSource) -> Loss:
    """Content of a frame, and `STYLE_WEIGHT` times the style of a painting of its long side."""
    picture = load_image_or_sample(painting, size=max(frame.shape[:2]))
    return content(frame, CONTENT_LAYERS) + STYLE_WEIGHT * style(picture, STYLE_LAYERS)


def mean_loss(
    film: Sequence[Picture], painted: Sequence[Picture], painting: PictureSource
) -> float:
    """Mean of `frame_loss` over all frames of a painted film but the first."""
    pairs = zip(film[1:], painted[1:], strict=True)
    return float(np.mean([frame_loss(frame, painting)(picture).loss for frame, picture in pairs]))


def paint_film(
    film: Sequence[Picture],
    flow: Flow,
    painting: PictureSource,
    way: str,
    *,
    steps: int = 8,
    hold_weight: float = HOLD_WEIGHT,
) -> Iterator[Picture]:
    """Paint frame after frame with L-BFGS; yield each painted frame.

    Args:
        film: frames (H, W, 3).
        flow: (H, W, 2).
        painting: anything that `load_image_or_sample` takes; brought to the frames' long side.
        way: what each frame begins with: `"noise"`, fresh for each; `"photo"`, the frame itself;
            `"last picture"`, the last painted frame as it is; `"moved picture"`, the same moved along
            the flow; `"moved and held"`, that, and a term holds it there. The first frame begins with
            itself, but for `"noise"`, and has twice the steps.
        steps: of each frame.
        hold_weight: weight of the term that holds pixels.

    Raises:
        SettingsError: there is no such way.
    """
    if way not in WAYS:
        raise SettingsError(f"Expected way: one of {', '.join(WAYS)}. Received: {way!r}.")
    painting = load_image_or_sample(painting, size=max(film[0].shape[:2]))
    painted: Picture | None = None
    for number, frame in enumerate(film):
        loss = frame_loss(frame, painting)
        start = frame
        if way == "noise":
            random = np.random.default_rng(number)
            start = random.uniform(0.25, 0.75, frame.shape).astype(np.float32)
        elif way == "last picture" and painted is not None:
            start = painted
        elif way.startswith("moved") and painted is not None:
            # Where nothing was in view, the photo is all there is to begin with.
            seen = in_view(flow)
            start = np.where(seen[..., None], warp(painted, flow), frame)
            if way == "moved and held":
                loss += hold_weight * hold(start, seen)
        *_, last = lbfgs(loss, start=start, steps=2 * steps if number == 0 else steps)
        painted = last.image
        yield painted


def paint_film_in_one_pass(
    film: Sequence[Picture], network: NetworkSource, style_name: str, *, shared: bool
) -> list[Picture]:
    """Paint all frames with a painting network.

    Args:
        film: frames (H, W, 3).
        network: see `paint`.
        style_name: one of its styles.
        shared: whether each frame is normalised with the means and variances of the first frame, not
            with its own.
    """
    tensorflow = import_tensorflow()
    painter, _ = find_network(network)
    images = tensorflow.constant(np.stack(film))
    weights = tensorflow.constant([[float(name == style_name) for name in painter.styles]])
    statistics = painter.statistics(images[:1], weights) if shared else None
    return list(painter(images, weights, statistics).numpy())
