"""Measurement behind notebook 17: networks trained with three kinds of normalisation.

Everything else is equal: kernels at the start, crops, steps. `"instance"` takes mean and variance of
each picture's own maps (Ulyanov, Vedaldi and Lempitsky 2016, arXiv:1607.08022), `"batch"` those of all
pictures of a batch together (Ioffe and Szegedy 2015, arXiv:1502.03167), `"none"` divides by 1.

The scores are stored in `normalization_runs.json`, one network of each kind in
`normalization_networks/`. This makes them again, in ten to fifteen minutes on two cores:

    python -m stylelab.course.normalization_runs
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from stylelab.losses.content import content
from stylelab.losses.style import style
from stylelab.network.tensorflow import import_tensorflow, run_eagerly
from stylelab.network.vgg19 import LEARNED
from stylelab.painting.network_files import load_network, save_network
from stylelab.painting.normalization import EPSILON, Statistics, instance_statistics
from stylelab.painting.painting_network import (
    NetworkInfo,
    PaintingNetwork,
    convolutions,
    paint_tensors,
)
from stylelab.painting.training_objective import TrainingObjective, Weights, compile_step
from stylelab.painting.training_photos import CropStream, find_photos
from stylelab.painting.training_settings import TrainingSettings
from stylelab.rights.inputs import read_input_rights
from stylelab.samples.catalogue import sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from stylelab.network.tensorflow import Tensor
    from stylelab.pictures.images import Picture

Kind = Literal["instance", "batch", "none"]

KINDS: tuple[Kind, ...] = ("instance", "batch", "none")

TABLE = Path(__file__).with_suffix(".json")
"""The stored scores."""

NETWORKS = Path(__file__).with_name("normalization_networks")
"""One network of each kind: those of the first style, seed 0."""

STYLES = ("swirling_night", "ink_hatching")
SEEDS = (0, 1, 2)
USUAL_RATE, SMALLER_RATE = 3e-3, 1e-3
"""Learning rates at the start."""

TRAINING_PHOTOS = ("coffee", "rocket", "retina", "deep_field")
HELD_OUT = ("astronaut", "cat", "photographer")
"""Photos that no network was trained on."""

STEPS = 160
SCORED_AFTER = (10, 20, 40, 80, 160)
CONTRASTS = (1.0, 0.5, 0.25, 0.125)
SCORED_SIZE = 192
"""Long side of the photos that are painted to be scored, in pixels."""

POPULATION_BATCHES = 50
"""Batches whose statistics a network with batch normalisation paints with."""

SETTINGS = TrainingSettings(size=64, batch=4, width=8, blocks=2, style_size=192)

Run = dict[str, Any]


def with_contrast(picture: Picture, contrast: float) -> Picture:
    """Return a picture with that share of its contrast, around middle gray."""
    return np.float32(0.5) + np.float32(contrast) * (picture - np.float32(0.5))


def batch_statistics(maps: Tensor) -> Statistics:
    """Compute mean and variance (1, 1, 1, C) of all of a batch's maps (N, rows, columns, C)."""
    return Statistics(*import_tensorflow().nn.moments(maps, (0, 1, 2), keepdims=True))


def fixed_statistics(maps: Tensor) -> Statistics:
    """Mean 0 and variance 1 for each channel of maps (N, rows, columns, C), whatever the maps are."""
    tensorflow = import_tensorflow()
    shape = 1, 1, 1, maps.shape[-1]
    return Statistics(tensorflow.zeros(shape), tensorflow.ones(shape))


MEASURES: Mapping[Kind, Callable[[Tensor], Statistics]] = {
    "instance": instance_statistics,
    "batch": batch_statistics,
    "none": fixed_statistics,
}
"""What maps are normalised by in training, by kind."""


def train_kind(
    kind: Kind, style_name: str, seed: int, rate: float, *, steps: int = STEPS
) -> Iterator[PaintingNetwork]:
    """Train a network, and yield it after each step, as it is in training.

    Args:
        kind: of normalisation.
        style_name: a sample's name.
        seed: decides the weights at the start, and the crops.
        rate: learning rate at the start; it falls to 0 along a cosine.
        steps: how many there are.
    """
    photos = find_photos(TRAINING_PHOTOS)
    painting = sample(style_name, size=SETTINGS.style_size)
    info = NetworkInfo(
        (style_name,),
        SETTINGS.width,
        SETTINGS.blocks,
        style_rights=read_input_rights({style_name: style_name}),
        photo_rights=photos.read_rights(),
        settings=SETTINGS.describe() | {"seed": seed, "learning_rate": rate, "normalization": kind},
        steps=steps,
    )
    objective = TrainingObjective([painting], SETTINGS, LEARNED)
    take_step = compile_step(objective, info, MEASURES[kind])
    crops = CropStream(photos, SETTINGS.size, SETTINGS.batch, seed).tensors()
    parameters = PaintingNetwork(info, seed=seed).parameters
    zeros = {name: 0 * values for name, values in parameters.items()}
    weights = Weights(parameters, zeros, zeros)
    styles = np.zeros(SETTINGS.batch, np.int32)
    for number in range(1, steps + 1):
        falling = rate * (1 + math.cos(math.pi * (number - 1) / steps)) / 2
        weights, _ = take_step(weights, next(crops), styles, number, falling)
        yield PaintingNetwork(info, parameters=weights.parameters)


@run_eagerly
def population_statistics(network: PaintingNetwork) -> dict[str, Statistics]:
    """Compute means over batches of the statistics by layer (Ioffe and Szegedy 2015, algorithm 2)."""
    crops = CropStream(find_photos(TRAINING_PHOTOS), SETTINGS.size, SETTINGS.batch, seed=1_000)
    weights = import_tensorflow().ones((1, 1))
    batches = [
        paint_tensors(network.info, network.parameters, images, weights, None, batch_statistics)[1]
        for images, _ in zip(crops.batches(), range(POPULATION_BATCHES), strict=False)
    ]
    return {
        name: Statistics(*(sum(part) / len(batches) for part in zip(*each, strict=True)))
        for name in batches[0]
        for each in [[one[name] for one in batches]]
    }


@run_eagerly
def fold(network: PaintingNetwork, statistics: Mapping[str, Statistics]) -> PaintingNetwork:
    """Return the network that paints without normalisation as this one does with fixed statistics.

    γ (x − μ) / √(σ² + ε) + β is γ' x + β' with γ' = γ / √(σ² + ε) and β' = β − γ' μ.
    """
    parameters = dict(network.parameters)
    for name, (mean, variance) in statistics.items():
        scale = parameters[f"{name}/scale"] / import_tensorflow().sqrt(variance[:, 0, 0] + EPSILON)
        parameters[f"{name}/scale"] = scale
        parameters[f"{name}/shift"] = parameters[f"{name}/shift"] - scale * mean[:, 0, 0]
    return PaintingNetwork(network.info, parameters=parameters)


@run_eagerly
def paint_with(network: PaintingNetwork, photo: Picture, *, own_statistics: bool) -> Picture:
    """Paint a photo (H, W, 3), normalised by its own statistics, or not at all.

    Args:
        network: with one style.
        photo: (H, W, 3).
        own_statistics: False paints with mean 0 and variance 1, whatever the maps are.
    """
    statistics = None
    if not own_statistics:
        statistics = {
            name: fixed_statistics(import_tensorflow().zeros(kernel[-1:]))
            for name, kernel, _ in convolutions(network.info)[:-1]
        }
    painted: Picture = network(photo[None], np.ones((1, 1), np.float32), statistics).numpy()[0]
    return painted


def without_photo(network: PaintingNetwork) -> PaintingNetwork:
    """Return the network that adds nothing of the photo itself to its last sum."""
    scale = 0 * network.parameters["photo/scale"]
    return PaintingNetwork(network.info, parameters={**network.parameters, "photo/scale": scale})


class Scorer:
    """Score a network by what it makes of held-out photos.

    Args:
        style_name: a sample's name.
    """

    def __init__(self, style_name: str) -> None:
        painting = sample(style_name, size=SETTINGS.style_size)
        self.photos = [sample(name, size=SCORED_SIZE) for name in HELD_OUT]
        by_style = style(painting, SETTINGS.style_layers)
        self.losses = [content(one, SETTINGS.content_layers) + by_style for one in self.photos]

    def __call__(
        self, network: PaintingNetwork, contrast: float, *, own_statistics: bool
    ) -> dict[str, list[float]]:
        """Distances of each painted photo from the painting's style and from the photo, by name.

        Both are relative: 1 is as far as maps of zeros. The photo is that of full contrast, whatever
        was painted.
        """
        scores: dict[str, list[float]] = {"style": [], "content": []}
        for photo, loss in zip(self.photos, self.losses, strict=True):
            faint = with_contrast(photo, contrast)
            terms = loss(paint_with(network, faint, own_statistics=own_statistics)).terms
            for name, values in scores.items():
                values.append(float(f"{terms[name]:.4g}"))
        return scores


def measure_run(kind: Kind, style_name: str, seed: int, rate: float) -> tuple[Run, PaintingNetwork]:
    """Train one network; return its scores, and the network as it paints."""
    score = Scorer(style_name)
    own = kind == "instance"
    by_steps = []
    for step, trained in enumerate(train_kind(kind, style_name, seed, rate), 1):
        if step in SCORED_AFTER:
            network = fold(trained, population_statistics(trained)) if kind == "batch" else trained
            by_steps.append(score(network, 1.0, own_statistics=own))
    by_contrast = [score(network, one, own_statistics=own) for one in CONTRASTS]
    run = {"kind": kind, "style": style_name, "seed": seed, "rate": rate}
    for name in ("style", "content"):
        run[f"{name}_by_steps"] = [one[name] for one in by_steps]
        run[f"{name}_by_contrast"] = [one[name] for one in by_contrast]
    return run, network


def load_runs(rate: float | None = None) -> list[Run]:
    """Return the stored runs with a learning rate, or all; the keys are those of `measure_run`."""
    runs: list[Run] = json.loads(TABLE.read_text("utf-8"))
    return [run for run in runs if rate in {None, run["rate"]}]


def by_style_and_kind(
    stored: Sequence[Run], measure: Callable[[Run], list[float]]
) -> dict[str, dict[str, list[list[float]]]]:
    """What `measure` returns for each seed's run, in a list for each kind, for each style."""
    return {
        name: {
            kind: [measure(run) for run in stored if (run["style"], run["kind"]) == (name, kind)]
            for kind in KINDS
        }
        for name in STYLES
    }


def losses_by_steps(run: Run) -> list[float]:
    """Content + 10 × style after each number of steps, as a mean over the held-out photos."""
    terms = np.array(run["content_by_steps"]), np.array(run["style_by_steps"])
    total = SETTINGS.content_weight * terms[0] + SETTINGS.style_weight * terms[1]
    return [float(loss) for loss in total.mean(axis=1)]


def distances_by_contrast(run: Run) -> list[float]:
    """Style distance at each contrast, as a mean over the held-out photos."""
    return [float(np.mean(photos)) for photos in run["style_by_contrast"]]


def load_kind(kind: Kind) -> PaintingNetwork:
    """Return the stored network of a kind."""
    return load_network(NETWORKS / f"{kind}.stylelab")


def save_runs(runs: list[Run]) -> None:
    """Store runs, one in a line."""
    lines = ",\n".join(json.dumps(run) for run in runs)
    TABLE.write_text(f"[\n{lines}\n]\n", "utf-8")


def planned_runs() -> list[tuple[Kind, str, int, float]]:
    """Kind, style, seed and learning rate of each run.

    The smaller rate is for networks without normalisation alone, which might need it.
    """
    usual = [(kind, name, seed, USUAL_RATE) for seed in SEEDS for name in STYLES for kind in KINDS]
    return usual + [("none", name, SEEDS[0], SMALLER_RATE) for name in STYLES]


if __name__ == "__main__":
    done: list[Run] = []
    for kind, style_name, seed, rate in planned_runs():
        run, network = measure_run(kind, style_name, seed, rate)
        done.append(run)
        save_runs(done)
        if (style_name, seed, rate) == (STYLES[0], SEEDS[0], USUAL_RATE):
            NETWORKS.mkdir(exist_ok=True)
            save_network(NETWORKS / kind, network)
