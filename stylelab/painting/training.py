"""Train a painting network: a generator of steps, as an optimizer's.

Where an optimizer changes the pixels of one picture, training changes the weights of a network, so that
the next photo takes one pass (Johnson et al. 2016, arXiv:1603.08155; Ulyanov et al. 2016,
arXiv:1603.03417). Each step paints a few crops, asks VGG19 how far they are from photo and painting,
and moves all the weights a little.
"""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.errors import DivergedError, PictureWarning, SettingsError
from stylelab.network.tensorflow import import_tensorflow, run_eagerly
from stylelab.network.vgg19 import LEARNED
from stylelab.optimizers.working_time import WorkingTime
from stylelab.painting.painting_network import NetworkInfo, PaintingNetwork
from stylelab.painting.training_objective import TrainingObjective, Weights, compile_step
from stylelab.painting.training_photos import CropStream, find_photos, list_sources
from stylelab.painting.training_settings import TrainingSettings
from stylelab.pictures.images import resize
from stylelab.pictures.validation import as_float, describe_received, validate_whole_number
from stylelab.rights.inputs import read_input_rights
from stylelab.samples.catalogue import load_image_or_sample

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stylelab.network.tensorflow import Tensor
    from stylelab.network.vgg19 import WeightsSource
    from stylelab.painting.training_photos import Photos
    from stylelab.pictures.images import PictureSource

    Styles = PictureSource | Sequence[PictureSource] | Mapping[str, PictureSource]

DEFAULT_STEPS = 400
"""Steps of a training that is given neither steps nor minutes."""

MAX_MINUTES = 60 * 24 * 7


@dataclass(frozen=True, eq=False)
class TrainingStep:
    """Network, loss and optimizer state after one step of training.

    ```python
    first = next(sl.train("swirling_night", steps=2, size=32, batch=1, width=4, blocks=1))
    first.iteration, first.loss, first.network
    ```

    Attributes:
        network: as it is after the step.
        loss: of the step's crops, as the network before the step painted them.
        terms: contribution of each term by name, its weight included.
        iteration: 1, 2, …
        seconds: working time so far, without the time between steps.
        progress: share of the training that is done, from 0 to 1.
        state: what Adam needs of earlier steps, tensors by name.
    """

    network: PaintingNetwork
    loss: float
    terms: Mapping[str, float]
    iteration: int
    seconds: float
    progress: float
    state: Mapping[str, Tensor] = field(repr=False)


def train(
    styles: Styles,
    photos: Photos = None,
    *,
    steps: int | None = None,
    minutes: float | None = None,
    start: TrainingStep | None = None,
    weights: WeightsSource = LEARNED,
    **settings: Any,
) -> Iterator[TrainingStep]:
    """Train a network that paints in one style or several: a generator; leaving the loop stops.

    ```python
    small = {"size": 32, "batch": 1, "width": 4, "blocks": 1}
    for step in sl.train("swirling_night", photo, steps=2, **small):
        step.iteration, step.terms["style"]
    sl.save_network("night.stylelab", step.network)
    *_, later = sl.train("swirling_night", photo, steps=3, start=step, **small)  # the third step
    ```

    Args:
        styles: a painting: anything that `load_image_or_sample` takes. Or several, of which each crop
            gets one at random; or by name. Names are otherwise those of samples and files.
        photos: what to learn from: names of samples, files, arrays, or folders of any number of files,
            which are read as they are needed; bad ones are skipped, with a warning that names them.
            None takes the photographs among the samples.
        steps: steps to take; 400 without `minutes`. The same steps with the same seed make the same
            network, bit for bit on one machine.
        minutes: how long to train, instead. The learning rate then falls by the clock, so that the
            same seed makes a similar network.
        start: a step to go on from, as if it had never been stopped: of a training with the same
            styles, photos and settings. It may go on for more steps, or minutes, than it had.
        weights: of VGG19; see there.
        **settings: any of `TrainingSettings`: size, batch, seed, width, blocks, style_size,
            content_weight, style_weight, total_variation_weight, content_layers, style_layers,
            learning_rate.

    Yields:
        A `TrainingStep` for each step.

    Raises:
        PictureError: a painting cannot be read, or no photo can.
        SettingsError: a setting is out of its range, or the step is of another training.
        DivergedError: the loss is not a finite number.
    """
    chosen = TrainingSettings(**settings)
    length = _length(steps, minutes)
    sources = name_styles(styles)
    paintings = [
        resize(load_image_or_sample(source), chosen.style_size) for source in sources.values()
    ]
    found = find_photos(photos)
    info = NetworkInfo(
        tuple(sources),
        chosen.width,
        chosen.blocks,
        style_rights=read_input_rights(sources),
        photo_rights=found.read_rights(),
        settings=chosen.describe() | {"photos": len(found.sources)},
    )
    if start is not None:
        _validate_start(start, info)
    stream = CropStream(found, chosen.size, chosen.batch, chosen.seed)
    run = _Run(chosen, info, stream, length)
    return run.steps(paintings, weights, start)


def name_styles(styles: Styles) -> dict[str, PictureSource]:
    """Paintings by the names that a network has for them.

    Raises:
        SettingsError: there is none, or two have one name.
    """
    if isinstance(styles, Mapping):
        return dict(styles)
    named: dict[str, PictureSource] = {}
    for source in list_sources(styles):
        name = f"style {len(named) + 1}"
        if isinstance(source, str | os.PathLike):
            name = Path(source).stem
        if name in named:
            raise SettingsError(
                f"Expected paintings with different names. Received: {name!r} twice. Name them: "
                '{"one": …, "another": …}.'
            )
        named[name] = source
    return named


@dataclass(frozen=True)
class _Length:
    """How long a training is: a number of steps, or of seconds."""

    steps: int | None
    seconds: float

    def progress(self, iteration: int, seconds: float) -> float:
        """Share that is done after so many steps and seconds."""
        done = seconds / self.seconds if self.steps is None else iteration / self.steps
        return min(1.0, done)


def _length(steps: int | None, minutes: float | None) -> _Length:
    if steps is not None and minutes is not None:
        raise SettingsError(
            f"Expected steps or minutes. Received: both, {steps} and {minutes}. Leave one out."
        )
    if minutes is None:
        steps = DEFAULT_STEPS if steps is None else steps
        validate_whole_number("steps", steps, at_least=1)
        return _Length(steps, math.inf)
    if not 0 < as_float(minutes) <= MAX_MINUTES:
        raise SettingsError(
            f"Expected minutes as a number above 0, at most {MAX_MINUTES:,}, a week. "
            f"Received: {describe_received(minutes)}."
        )
    return _Length(None, 60 * float(minutes))


def _validate_start(start: TrainingStep, info: NetworkInfo) -> None:
    expected, received = info.settings, start.network.info.settings
    differing = [name for name in expected if expected[name] != received.get(name)]
    if start.network.styles != info.styles:
        differing.insert(0, "styles")
    # Those that could not be read are no longer named in the step.
    if not set(start.network.info.photo_rights) <= set(info.photo_rights):
        differing.append("photos")
    if differing:
        raise SettingsError(
            "Expected a step of a training with the same styles, photos and settings. Received: one "
            f"with other {', '.join(dict.fromkeys(differing))}. Give those of that training, or begin "
            "a new one."
        )


class _Run(WorkingTime):
    """One training: settings, crops, and the clock."""

    def __init__(
        self, settings: TrainingSettings, info: NetworkInfo, stream: CropStream, length: _Length
    ) -> None:
        self.settings, self.info, self.stream, self.length = settings, info, stream, length
        self.reported: set[str] = set()

    def steps(
        self,
        paintings: Sequence[Any],
        vgg_weights: WeightsSource,
        step: TrainingStep | None,
    ) -> Iterator[TrainingStep]:
        """Yield the steps, from the first or from the one after `step`, to the last."""
        iteration, progress = 0, 0.0
        if step is not None:
            iteration, self.seconds = step.iteration, step.seconds
            progress = self.length.progress(iteration, self.seconds)
        if progress >= 1:
            return
        with self.timer():
            take_step = compile_step(
                TrainingObjective(paintings, self.settings, vgg_weights), self.info
            )
            values = self._initial_weights() if step is None else _weights_of(step)
            crops = self.stream.tensors(iteration)
        while progress < 1:
            with self.timer():
                rate = self.settings.learning_rate * (1 + math.cos(math.pi * progress)) / 2
                values, terms = take_step(
                    values, next(crops), self._draw_styles(iteration), iteration + 1, rate
                )
            iteration += 1
            progress = self.length.progress(iteration, self.seconds)
            self._report_skipped()
            step = self._make_step(values, terms, iteration, progress, step)
            yield step

    @run_eagerly
    def _initial_weights(self) -> Weights:
        zeros_like = import_tensorflow().zeros_like
        parameters = PaintingNetwork(self.info, seed=self.settings.seed).parameters
        zeros = {name: zeros_like(values) for name, values in parameters.items()}
        return Weights(parameters, zeros, zeros)

    def _draw_styles(self, iteration: int) -> Any:
        random = np.random.default_rng((self.settings.seed, iteration, 1))
        return random.integers(len(self.info.styles), size=self.settings.batch)

    def _report_skipped(self) -> None:
        skipped = self.stream.photos.skipped
        for name in [one for one in [*skipped] if one not in self.reported]:
            self.reported.add(name)
            warnings.warn(f"Skipped {name}: {skipped[name]}", PictureWarning, stacklevel=3)
            kept = {one: r for one, r in self.info.photo_rights.items() if one != name}
            self.info = replace(self.info, photo_rights=kept)

    def _make_step(
        self,
        values: Weights,
        terms: Mapping[str, float],
        iteration: int,
        progress: float,
        last: TrainingStep | None,
    ) -> TrainingStep:
        loss = sum(terms.values())
        if not math.isfinite(loss):
            raise DivergedError(
                f"Expected a loss that is a finite number. Received: {loss}, in step {iteration}. "
                "Likely cause: the learning rate or a weight is too large; lower it.",
                step=last,
            )
        state = {f"mean/{name}": one for name, one in values.means.items()}
        state |= {f"square/{name}": one for name, one in values.squares.items()}
        return TrainingStep(
            network=PaintingNetwork(
                replace(self.info, steps=iteration), parameters=values.parameters
            ),
            loss=loss,
            terms=MappingProxyType(dict(terms)),
            iteration=iteration,
            seconds=self.seconds,
            progress=progress,
            state=MappingProxyType(state),
        )


def _weights_of(step: TrainingStep) -> Weights:
    parameters = step.network.parameters
    means, squares = (
        {name: step.state[f"{kind}/{name}"] for name in parameters} for kind in ("mean", "square")
    )
    return Weights(parameters, means, squares)
