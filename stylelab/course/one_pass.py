"""Compare networks that paint in one pass with the optimizer: tables for notebook 16.

The tables lie beside this file. To make them again takes half an hour on two quiet cores:

    python -m stylelab.course.one_pass

The photographs are held out: no network of the course was trained on them. They come with scikit-image
and Matplotlib, which are installed with the course:

- *motorcycle*, of the Middlebury stereo benchmark (Scharstein et al. 2014), whose authors "grant
  permission to use and publish all images";
- *coins* from Pompeii, Brooklyn Museum, no known copyright restrictions;
- *tissue* under a microscope, no known copyright restrictions;
- *portrait* of Grace Hopper, by the United States Navy, in the public domain.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.losses.content import content
from stylelab.losses.style import style
from stylelab.losses.total_variation import total_variation
from stylelab.optimizers.lbfgs import lbfgs
from stylelab.painting.paint import find_network, paint_image
from stylelab.painting.training import train
from stylelab.painting.training_photos import SAMPLE_PHOTOS
from stylelab.painting.training_settings import TrainingSettings
from stylelab.pictures.images import load_image, resize
from stylelab.samples.catalogue import load_image_or_sample

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from stylelab.losses.loss import Loss
    from stylelab.optimizers.step import Step
    from stylelab.pictures.images import Picture, PictureSource

    LossesByName = dict[str, list[list[float]]]

TABLE = Path(__file__).with_suffix(".json")
"""The stored tables."""

SEVEN = "seven_styles"
"""The network that paints all the styles."""

PAIRS = (
    ("motorcycle", "swirling_night"),
    ("portrait", "stained_glass"),
    ("coins", "pointillist_field"),
    ("tissue", "woodcut_waves"),
    ("motorcycle", "watercolour_wash"),
    ("portrait", "ink_hatching"),
    ("coins", "ink_hatching"),
    ("tissue", "swirling_night"),
    ("motorcycle", "stained_glass"),
    ("portrait", "pointillist_field"),
    ("coins", "woodcut_waves"),
    ("tissue", "watercolour_wash"),
)
"""Held-out photo and style of each comparison: each photo three times, six of seven styles twice."""

SIZE = 256
"""Long side of the compared pictures, in pixels."""

EVALUATIONS, GOING_ON = 40, 20
"""Evaluations of the loss that a run from the photo may take, and one from a network's picture."""

SMALL: dict[str, Any] = {
    "size": 96,
    "batch": 1,
    "width": 8,
    "blocks": 2,
    "style_size": 192,
    "style_weight": 20.0,
    "learning_rate": 6e-3,
}
"""Settings of trainings that take half a minute."""

SMALL_STEPS, SMALL_SIZE = 300, 192
"""Steps of such a training, and long side of the pictures that are measured after it, in pixels."""

COUNTS, SEEDS, SMALL_STYLES = (1, 2, 4, 7), (0, 1), ("swirling_night", "stained_glass")
"""Photos that they learn from, seeds and styles."""


@dataclass(frozen=True)
class Comparison:
    """One photo and style: losses of networks and of the optimizer, all by the networks' own loss.

    Attributes:
        photo: name of the held-out photo.
        style: name of the style.
        networks: loss of what each network paints in one pass, by its name.
        from_photo: lowest loss after 1, 2, … evaluations, the optimizer starting from the photo.
        from_network: the same, starting from what the network of seven styles painted.
    """

    photo: str
    style: str
    networks: Mapping[str, float]
    from_photo: Sequence[float]
    from_network: Sequence[float]

    @property
    def name(self) -> str:
        """Photo and style in a few words."""
        return f"{self.photo}, {self.style.replace('_', ' ')}"

    def worth(self, network: str = SEVEN) -> int:
        """Evaluations after which the optimizer, from the photo, is as low as a network.

        At least so many, if it never was.
        """
        return self._needed(self.networks[network])

    def saved(self, evaluations: int) -> int:
        """Evaluations that the start from the network saved, of a run of so many from there.

        At least so many, if the run from the photo never came as low.
        """
        return self._needed(self.from_network[evaluations - 1]) - evaluations

    def _needed(self, goal: float) -> int:
        needed = evaluations_to(self.from_photo, goal)
        return len(self.from_photo) + 1 if needed is None else needed


@dataclass(frozen=True)
class SmallTraining:
    """Losses after one small training, on photos that it did and did not learn from.

    Attributes:
        style: name of the style.
        photos: number of photos that it learned from.
        seed: decided which they were, and the training.
        seen: loss of the photo that all trainings of this seed learned from.
        held_out: mean loss of the held-out photos.
        untouched: mean loss of the held-out photos as they are.
    """

    style: str
    photos: int
    seed: int
    seen: float
    held_out: float
    untouched: float

    @property
    def first_photo(self) -> str:
        """Name of the photo that all trainings of this seed learned from."""
        return choose_photos(1, self.seed)[0]


def held_out_photos(size: int = SIZE) -> dict[str, Picture]:
    """Load the held-out photographs, (H, W, 3), by name.

    Args:
        size: long side, in pixels.
    """
    from matplotlib.cbook import get_sample_data
    from skimage import data

    pictures: Any = data  # has no types
    sources: dict[str, PictureSource] = {
        "motorcycle": pictures.stereo_motorcycle()[0],
        "portrait": str(get_sample_data("grace_hopper.jpg", asfileobj=False)),
        "coins": pictures.coins(),
        "tissue": pictures.immunohistochemistry(),
    }
    return {name: resize(load_image(source), size) for name, source in sources.items()}


def picture_loss(
    photo: Picture, painting: PictureSource, settings: TrainingSettings | None = None
) -> Loss:
    """Make the loss of one picture that training lowers for all: content, style, total variation.

    Args:
        photo: (H, W, 3); the pictures to measure have its size.
        painting: anything that `load_image_or_sample` takes; it is resized as for training.
        settings: of the training; the defaults without.
    """
    chosen = settings or TrainingSettings()
    painting = resize(load_image_or_sample(painting), chosen.style_size)
    return (
        chosen.content_weight * content(photo, chosen.content_layers)
        + chosen.style_weight * style(painting, chosen.style_layers)
        + chosen.total_variation_weight * total_variation()
    )


def losses_by_evaluation(steps: Iterable[Step], evaluations: int) -> list[float]:
    """Lowest loss after 1, 2, … evaluations, of an optimizer's steps.

    Args:
        steps: from the start on, each lower than the one before.
        evaluations: how many to look at.
    """
    losses: list[float] = []
    for step in steps:
        # A step of several evaluations is there after the last of them.
        waiting = losses[-1:] * (step.evaluations - 1 - len(losses))
        losses += [*waiting, step.loss]
        if len(losses) >= evaluations:
            break
    return (losses + losses[-1:] * evaluations)[:evaluations]


def evaluations_to(losses: Sequence[float], goal: float) -> int | None:
    """Evaluations until a loss is as low as `goal`, or None if it never is."""
    return next((number for number, loss in enumerate(losses, 1) if loss <= goal), None)


def compare(
    photo: str,
    painting: str,
    *,
    size: int = SIZE,
    evaluations: int = EVALUATIONS,
    going_on: int = GOING_ON,
) -> Comparison:
    """Paint one held-out photo with both networks of a style and with the optimizer.

    Args:
        photo: name of a held-out photo.
        painting: name of a style.
        size: long side, in pixels.
        evaluations: that the run from the photo may take.
        going_on: that the run from the network's picture may take.
    """
    image = held_out_photos(size)[photo]
    loss = picture_loss(image, painting)
    painted = {
        name: paint_image(image, find_network(name)[0], painting) for name in (SEVEN, painting)
    }
    runs = [
        losses_by_evaluation(lbfgs(loss, start=start, steps=most), most)
        for start, most in ((image, evaluations), (painted[SEVEN], going_on))
    ]
    losses = {name: loss(picture).loss for name, picture in painted.items()}
    return Comparison(photo, painting, losses, *runs)


def choose_photos(photos: int, seed: int) -> list[str]:
    """Choose sample photographs at random: with the same seed, more photos are those and others.

    Args:
        photos: how many.
        seed: decides which.
    """
    chosen: list[str] = np.random.default_rng(seed).permutation(SAMPLE_PHOTOS)[:photos].tolist()
    return chosen


def train_on_few(
    painting: str, photos: int, seed: int, *, steps: int = SMALL_STEPS, size: int = SMALL_SIZE
) -> SmallTraining:
    """Train a small network on so many of the sample photographs, and measure it on others.

    Args:
        painting: name of a style.
        photos: how many.
        seed: decides which they are, and the training.
        steps: of the training.
        size: long side of the pictures that are measured, in pixels.
    """
    chosen = choose_photos(photos, seed)
    last = next(islice(train(painting, chosen, steps=steps, seed=seed, **SMALL), steps - 1, None))
    settings = TrainingSettings(**SMALL)

    def loss_of(picture: Picture, painted: Picture) -> float:
        return picture_loss(picture, painting, settings)(painted).loss

    seen = resize(load_image_or_sample(chosen[0]), size)
    held_out = held_out_photos(size).values()
    return SmallTraining(
        painting,
        photos,
        seed,
        seen=loss_of(seen, paint_image(seen, last.network)),
        held_out=_mean(loss_of(one, paint_image(one, last.network)) for one in held_out),
        untouched=_mean(loss_of(one, one) for one in held_out),
    )


def _mean(numbers: Iterable[float]) -> float:
    return float(np.mean([*numbers]))


def load_comparisons() -> list[Comparison]:
    """Load the stored comparisons with the optimizer."""
    return [Comparison(**row) for row in _load("comparisons")]


def load_small_trainings() -> list[SmallTraining]:
    """Load the stored losses of small trainings, by style, number of photos and seed."""
    return [SmallTraining(**row) for row in _load("small_trainings")]


def losses_by_start(comparisons: Sequence[Comparison], marks: Sequence[int]) -> LossesByName:
    """Losses after so many evaluations as factors of the network's, a row for each comparison.

    Args:
        comparisons: with at least as many evaluations.
        marks: numbers of evaluations.

    Returns:
        Two tables, by where the optimizer started.
    """
    tables: LossesByName = {"from the photo": [], "from the network's picture": []}
    for row in comparisons:
        for table, run in zip(tables.values(), (row.from_photo, row.from_network), strict=True):
            table.append([run[mark - 1] / row.networks[SEVEN] for mark in marks])
    return tables


def losses_by_photo_count(trainings: Sequence[SmallTraining]) -> dict[str, LossesByName]:
    """Losses after training on more and more photos, a row for each style.

    Args:
        trainings: of all `COUNTS`, as `load_small_trainings` gives them.

    Returns:
        By the first photo: losses of the held-out photos, and of that first photo.
    """
    tables: dict[str, LossesByName] = {}
    for first in dict.fromkeys(row.first_photo for row in trainings):
        rows = [
            [one for one in trainings if (one.first_photo, one.style) == (first, style)]
            for style in SMALL_STYLES
        ]
        tables[first] = {
            "held-out photos": [[one.held_out for one in row] for row in rows],
            "the first photo": [[one.seen for one in row] for row in rows],
        }
    return tables


def _load(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(TABLE.read_text("utf-8"))[name]
    return rows


def save_tables(
    comparisons: Sequence[Comparison],
    trainings: Sequence[SmallTraining],
    path: Path = TABLE,
) -> None:
    """Store both tables, four digits of each number, one row in a line."""
    tables: dict[str, Sequence[Any]] = {"comparisons": comparisons, "small_trainings": trainings}
    text = ",\n".join(
        f' "{name}": [\n' + ",\n".join(f"  {_as_json(row)}" for row in rows) + "\n ]"
        for name, rows in tables.items()
    )
    path.write_text(f"{{\n{text}\n}}\n", "utf-8")


def _as_json(row: Comparison | SmallTraining) -> str:
    exact = json.dumps(asdict(row))
    return json.dumps(json.loads(exact, parse_float=lambda digits: float(f"{float(digits):.4g}")))


def main() -> None:
    """Make the tables again; they are written after each row."""
    comparisons: list[Comparison] = []
    trainings: list[SmallTraining] = []
    for photo, painting in PAIRS:
        comparisons.append(compare(photo, painting))
        save_tables(comparisons, trainings)
    for painting in SMALL_STYLES:
        for seed in SEEDS:
            for photos in COUNTS:
                trainings.append(train_on_few(painting, photos, seed))
                save_tables(comparisons, trainings)


if __name__ == "__main__":
    main()
