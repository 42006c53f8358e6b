"""The whole: a photo painted in the style of a painting, coarse to fine, to stop and to resume.

A picture is first painted small, where a few steps settle the large shapes, then brought to the next
size, where fewer steps add the finer strokes. This is faster than painting at full size from the
start, and looks better: VGG19's receptive fields cover a larger share of a smaller picture.
"""

from __future__ import annotations

import hashlib
import json
import math
import sys
import time
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np

from stylelab import optimizers
from stylelab._files import load_arrays, save_arrays
from stylelab.errors import CheckpointError, DivergedError, SettingsError
from stylelab.features import LAYERS, LEARNED, POOLINGS, in_order_of_depth
from stylelab.images import load_image, resize, resize_to
from stylelab.losses import CONTENT_LAYERS, FORMS, STYLE_LAYERS, content, style, total_variation
from stylelab.machine import available_memory, convolution_speed, used_memory
from stylelab.saving import save_image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from os import PathLike

    from stylelab.features import Pooling, WeightsSource
    from stylelab.images import Picture, PictureSource
    from stylelab.losses import Form, Layers, Loss
    from stylelab.optimizers import Step

OptimizerName = Literal["lbfgs", "adam", "gradient_descent"]
OPTIMIZERS: Mapping[OptimizerName, Any] = {
    "lbfgs": optimizers.lbfgs,
    "adam": optimizers.adam,
    "gradient_descent": optimizers.gradient_descent,
}

COARSEST = 128
"""Long side, in pixels, of the first stage."""

SECONDS_BETWEEN_CHECKPOINTS = 5.0


@dataclass(frozen=True)
class Settings:
    """All that decides how a picture comes out, besides its two sources.

    Attributes:
        size: long side of the finished picture, in pixels.
        style_weight: weight of the style term. With the relative form 3 keeps the photo, 30 paints
            freely, 300 lets the style take over.
        content_weight: weight of the content term.
        total_variation_weight: weight of `total_variation()`, which smooths. 0 leaves it out.
        content_layers, style_layers: as in `content` and `style`.
        steps: steps at the coarsest size; each finer size takes two thirds of those before it.
        optimizer: `"lbfgs"`, `"adam"` or `"gradient_descent"`.
        pooling: `"avg"` or `"max"`, in the network.
        form: the form of the terms; see `stylelab.losses`.
        start: `"content"` or `"noise"`; a picture can be given to `transfer` instead.
        seed: decides the noise.
    """

    size: int = 512
    style_weight: float = 30.0
    content_weight: float = 1.0
    total_variation_weight: float = 0.0
    content_layers: Layers = CONTENT_LAYERS
    style_layers: Layers = STYLE_LAYERS
    steps: int = 60
    optimizer: OptimizerName = "lbfgs"
    pooling: Pooling = "avg"
    form: Form = "relative"
    start: Literal["content", "noise"] = "content"
    seed: int = 0

    def __post_init__(self) -> None:
        _expect_whole("size", self.size, at_least=16)
        _expect_whole("steps", self.steps, at_least=1)
        _expect_whole("seed", self.seed, at_least=0)
        for name in ("style_weight", "content_weight", "total_variation_weight"):
            _expect_weight(name, getattr(self, name))
        if self.style_weight == self.content_weight == 0:
            raise SettingsError(
                "Expected a style_weight or a content_weight above 0. Received: 0 for both, which "
                "leaves nothing to paint towards."
            )
        for name, choices in (
            ("optimizer", tuple(OPTIMIZERS)),
            ("pooling", POOLINGS),
            ("form", FORMS),
            ("start", ("content", "noise")),
        ):
            if getattr(self, name) not in choices:
                raise SettingsError(
                    f"Expected {name}: {' or '.join(choices)}. Received: {getattr(self, name)!r}."
                )

    def stages(self, height: int, width: int) -> tuple[Stage, ...]:
        """Plan the sizes, coarse to fine, at which a photo of that shape is painted."""
        ratio = max(height, width) / min(height, width)
        coarsest = max(COARSEST, math.ceil(16 * ratio))
        doublings = max(0, math.ceil(math.log2(self.size / coarsest) - 0.01))
        sizes = [
            round(coarsest * (self.size / coarsest) ** (i / doublings)) for i in range(doublings)
        ]
        return tuple(
            Stage(*_shape(height, width, size), steps=max(1, round(self.steps * (2 / 3) ** i)))
            for i, size in enumerate([*sizes, self.size])
        )

    def loss(self, photo: Picture, painting: Picture, weights: WeightsSource = LEARNED) -> Loss:
        """Build the loss that the settings describe, for a photo at one stage's size."""
        terms = []
        if self.content_weight:
            terms.append(self.content_weight * content(photo, self.content_layers, form=self.form))
        if self.style_weight:
            terms.append(self.style_weight * style(painting, self.style_layers, form=self.form))
        if self.total_variation_weight:
            terms.append(self.total_variation_weight * total_variation())
        total: Loss = sum(terms[1:], terms[0])
        return total.with_network(pooling=self.pooling, weights=weights)

    def describe(self) -> dict[str, Any]:
        """Give the settings as plain values, for a file's metadata."""
        return {name: _plain(value) for name, value in asdict(self).items()}


@dataclass(frozen=True)
class Stage:
    """One size at which the picture is painted, and for how many steps."""

    height: int
    width: int
    steps: int


@dataclass(frozen=True)
class Record:
    """One step of a finished run, without its picture: for curves.

    Attributes:
        stage: number of the stage, from 0.
        height, width: size of the picture at that stage.
        iteration: number of the step in its stage; 0 is what the stage started from.
        evaluations: how often the stage had computed its loss.
        loss, terms: as in `Step`. Losses of different stages do not compare.
        seconds: how long the optimizer had worked, all stages together.
    """

    stage: int
    height: int
    width: int
    iteration: int
    evaluations: int
    loss: float
    terms: Mapping[str, float]
    seconds: float


@dataclass(frozen=True, eq=False)
class Progress:
    """Where a run has arrived.

    Attributes:
        stages: all sizes, coarse to fine.
        stage: number of the present one, from 0.
        step: the optimizer's step, with the picture at the present size.
        best: the step with the lowest loss in this stage.
        history: a record of every step so far, this one included.
    """

    stages: tuple[Stage, ...]
    stage: int
    step: Step = field(repr=False)
    best: Step = field(repr=False)
    history: tuple[Record, ...] = field(repr=False)

    @property
    def share(self) -> float:
        """How much of the work is done, from 0 to 1, counted in pixels times steps."""
        work = [stage.height * stage.width * (stage.steps + 1) for stage in self.stages]
        now = self.stages[self.stage]
        present = now.height * now.width * (self.step.iteration + 1)
        return (sum(work[: self.stage]) + present) / sum(work)


@dataclass(frozen=True, eq=False)
class Result:
    """A painted picture and how it came about.

    Attributes:
        image: the picture (H, W, 3), RGB, in [0, 1].
        settings: what it was painted with.
        history: a record of every step.
        seconds: how long the optimizer worked.
        stopped: None, or a sentence that says why the run ended before its last step.
    """

    image: Picture = field(repr=False)
    settings: Settings
    history: tuple[Record, ...] = field(repr=False)
    seconds: float
    stopped: str | None = None

    def save(
        self,
        path: str | PathLike[str],
        *,
        inputs: Sequence[str | PathLike[str]] = (),
        make_folders: bool = False,
        **facts: object,
    ) -> Path:
        """Save the picture, with its settings and `facts` in the file's metadata (`save_image`)."""
        told = self.settings.describe() | facts | {"stopped": self.stopped}
        return save_image(path, self.image, settings=told, inputs=inputs, make_folders=make_folders)


@dataclass(frozen=True)
class Estimate:
    """What a run will take on this machine, roughly.

    Attributes:
        stages: the sizes and steps.
        seconds: time, give or take a third.
        memory: bytes that the process will hold at its peak.
        available: bytes that it can hold.
    """

    stages: tuple[Stage, ...]
    seconds: float
    memory: int
    available: int

    def __str__(self) -> str:
        last = self.stages[-1]
        steps = sum(stage.steps for stage in self.stages)
        return (
            f"{last.width} × {last.height} px, {steps} steps at {len(self.stages)} sizes: about "
            f"{_duration(self.seconds)} and {self.memory / 1e9:.1f} GB of memory"
        )


def transfer(
    photo: PictureSource,
    painting: PictureSource,
    *,
    size: int = Settings.size,
    style_weight: float = Settings.style_weight,
    content_weight: float = Settings.content_weight,
    total_variation_weight: float = Settings.total_variation_weight,
    content_layers: Layers = CONTENT_LAYERS,
    style_layers: Layers = STYLE_LAYERS,
    steps: int = Settings.steps,
    optimizer: OptimizerName = Settings.optimizer,
    pooling: Pooling = Settings.pooling,
    form: Form = Settings.form,
    start: Literal["content", "noise"] | PictureSource = Settings.start,
    seed: int = Settings.seed,
    weights: WeightsSource = LEARNED,
    progress: bool = True,
    callback: Callable[[Progress], object] | None = None,
    checkpoint: str | PathLike[str] | None = None,
    check_memory: bool = True,
) -> Result:
    """Paint a photo in the style of a painting (Gatys et al. 2016).

    ```python
    result = transfer("cat.jpg", "starry_night.jpg", style_weight=30)
    result.save("starry_cat.png")
    ```

    Ctrl-C (in a notebook: stop) ends the run and keeps the best picture so far.

    Args:
        photo: what to show; anything that `load_image` takes.
        painting: how to show it; anything that `load_image` takes.
        size: long side of the finished picture, in pixels.
        style_weight: 3 keeps the photo, 30 paints freely, 300 lets the style take over.
        content_weight: weight of the content term.
        total_variation_weight: weight of smoothness.
        content_layers: names of layers, or a mapping of names to weights.
        style_layers: the same for the style.
        steps: steps at the coarsest size; each finer size takes two thirds of those before it.
        optimizer: `"lbfgs"`, `"adam"` or `"gradient_descent"`.
        pooling: `"avg"` or `"max"`, in the network.
        form: how the terms are computed; see `stylelab.losses`.
        seed: decides the noise.
        start: `"content"`, `"noise"` or a picture to start from.
        weights: see `VGG19`.
        progress: say what is coming, and show a bar with the time left.
        callback: is given a `Progress` after each step; the run stops if it answers True.
        checkpoint: a file in which the state is kept, written every few seconds. If it is there, the
            run goes on from it, to the same picture, bit for bit, as if it had never been stopped.
        check_memory: refuse a size that would not fit into memory.

    Raises:
        StylelabError: an argument is not what it should be; the message says what to do.
        DivergedError: the loss was not a finite number from the very start.
    """
    given = None if isinstance(start, str) and start in ("content", "noise") else load_image(start)
    settings = Settings(
        size=size,
        style_weight=style_weight,
        content_weight=content_weight,
        total_variation_weight=total_variation_weight,
        content_layers=content_layers,
        style_layers=style_layers,
        steps=steps,
        optimizer=optimizer,
        pooling=pooling,
        form=form,
        start="content" if given is not None else start,  # type: ignore[arg-type]
        seed=seed,
    )
    photo_array, painting_array = load_image(photo), load_image(painting)
    forecast = estimate(photo_array.shape[:2], settings)
    if check_memory:
        _expect_memory(forecast, photo_array.shape[:2], settings)
    store = _Checkpoint(checkpoint, (photo_array, painting_array, given), settings, weights)
    run = transfer_steps(
        photo_array, painting_array, settings, start=given, weights=weights, resume=store.load()
    )
    with _Bar(forecast, shown=progress) as bar:
        return _finish(run, settings, bar, callback, store)


def transfer_steps(
    photo: Picture,
    painting: Picture,
    settings: Settings,
    *,
    start: Picture | None = None,
    weights: WeightsSource = LEARNED,
    resume: Progress | None = None,
) -> Iterator[Progress]:
    """Do what `transfer` does, one step at a time: leaving the loop stops.

    Args:
        photo: a picture (H, W, 3) at full size.
        painting: another one.
        settings: see `Settings`.
        start: a picture to start from, in place of what the settings say.
        weights: see `VGG19`.
        resume: where to go on from; it is yielded again first.

    Yields:
        A `Progress` after each step of each stage, beginning with each stage's start.
    """
    stages = settings.stages(*photo.shape[:2])
    if resume is None:
        image, first = _first_picture(photo, stages[0], settings, start), 0
        history: tuple[Record, ...] = ()
    else:
        yield resume
        image, first, history = resume.best.image, resume.stage, resume.history
    for number in range(first, len(stages)):
        stage = stages[number]
        target = resize_to(photo, stage.height, stage.width)
        loss = settings.loss(target, _style_at(painting, stage), weights)
        resumed = resume is not None and number == first
        begin: Any = resume.step if resumed and resume else _at(image, stage)
        best = resume.best if resumed and resume else None
        for step in OPTIMIZERS[settings.optimizer](loss, start=begin, steps=stage.steps):
            best = step if best is None or step.loss < best.loss else best
            history = (*history, _record(number, stage, step, history))
            yield Progress(stages, number, step, best, history)
        if best is not None:
            image = best.image


def estimate(shape: tuple[int, int], settings: Settings) -> Estimate:
    """Estimate time and memory of a run before it starts.

    Args:
        shape: (height, width) of the photo.
        settings: see `Settings`.
    """
    stages = settings.stages(*shape)
    names = (*_names(settings.content_layers), *_names(settings.style_layers))
    deepest = in_order_of_depth(names)[-1]
    passed = list(LAYERS)[: list(LAYERS).index(deepest) + 1]
    seconds = START_SECONDS
    for stage in stages:
        products = sum(LAYERS[name].multiply_adds(stage.height, stage.width) for name in passed)
        # Forward and backward cost alike; a product and a sum are two operations.
        seconds += (stage.steps + 3) * 4 * products / (convolution_speed() * USUAL_EFFICIENCY)
    memory = BASE_MEMORY + BYTES_PER_PIXEL * stages[-1].height * stages[-1].width
    return Estimate(stages, seconds, memory, available_memory() + used_memory())


# Measured on two cores with tests/benchmarks: see there.
START_SECONDS = 4.0
USUAL_EFFICIENCY = 0.6
BASE_MEMORY = 900_000_000
BYTES_PER_PIXEL = 2_700


def _finish(
    run: Iterator[Progress],
    settings: Settings,
    bar: _Bar,
    callback: Callable[[Progress], object] | None,
    store: _Checkpoint,
) -> Result:
    """Take all steps of a run and make a result of the last good one, however it ends."""
    progress, stopped = None, None
    try:
        for progress in run:
            bar.show(progress)
            store.save_sometimes(progress)
            if callback is not None and callback(progress) is True:
                stopped = f"the callback stopped it {_place(progress)}"
                break
    except KeyboardInterrupt:
        if progress is None:
            raise
        stopped = f"interrupted {_place(progress)}"
    except DivergedError as error:
        if progress is None:
            raise
        stopped = f"stopped {_place(progress)}: {error}"
        warnings.warn(f"The last good picture was kept. {error}", RuntimeWarning, stacklevel=3)
    if progress is None:  # pragma: no cover - a run yields its start or raises
        raise RuntimeError
    store.save(progress)
    last = progress.stages[-1]
    return Result(
        image=resize_to(progress.best.image, last.height, last.width),
        settings=settings,
        history=progress.history,
        seconds=progress.history[-1].seconds,
        stopped=stopped,
    )


class _Bar:
    """The forecast in words, then a progress bar with the time left."""

    def __init__(self, forecast: Estimate, *, shown: bool) -> None:
        from tqdm import tqdm

        # Jupyter shows the standard error on red.
        file = sys.stdout if "ipykernel" in sys.modules else sys.stderr
        if shown:
            print(forecast, file=file, flush=True)
        self.bar = tqdm(
            total=1.0,
            file=file,
            disable=not shown,
            ncols=80,
            bar_format="{percentage:3.0f}% {bar} {elapsed} < {remaining}{postfix}",
        )

    def show(self, progress: Progress) -> None:
        """Move the bar to where the run is."""
        stage, step = progress.stages[progress.stage], progress.step
        self.bar.set_postfix_str(
            f"{max(stage.height, stage.width)} px, loss {step.loss:.3g}", refresh=False
        )
        self.bar.update(progress.share - self.bar.n)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.close()


class _Checkpoint:
    """The file that a run goes on from; none if no path is given."""

    def __init__(
        self,
        path: str | PathLike[str] | None,
        pictures: tuple[Picture | None, ...],
        settings: Settings,
        weights: WeightsSource,
    ) -> None:
        self.path = None if path is None else Path(path)
        self.fingerprint = "" if path is None else _fingerprint(pictures, settings, weights)
        self.saved_at = time.monotonic()
        if self.path is not None and not self.path.parent.is_dir():
            raise CheckpointError(
                f"Expected a checkpoint in a folder that exists. Received: {self.path}."
            )

    def load(self) -> Progress | None:
        """Read where the run was, if there is a file."""
        if self.path is None or not self.path.exists():
            return None
        facts, arrays = load_arrays(self.path)
        if facts.get("fingerprint") != self.fingerprint:
            raise CheckpointError(
                f"Expected the checkpoint of this run. Received: {self.path}, which belongs to other "
                "pictures, settings or weights. Give back the old settings to finish that run, or "
                "delete the file to start anew."
            )
        step = optimizers.unpack(facts["step"], arrays)
        best = step
        if facts["best"] is not None:
            best_arrays = {"image": arrays["best_image"], "gradient": arrays["best_gradient"]}
            best = optimizers.unpack(facts["best"], best_arrays)
        return Progress(
            stages=tuple(Stage(**stage) for stage in facts["stages"]),
            stage=facts["stage"],
            step=step,
            best=best,
            history=tuple(Record(**record) for record in facts["history"]),
        )

    def save_sometimes(self, progress: Progress) -> None:
        """Write the state, if the last time is some seconds ago."""
        if time.monotonic() - self.saved_at >= SECONDS_BETWEEN_CHECKPOINTS:
            self.save(progress)

    def save(self, progress: Progress) -> None:
        """Write the state."""
        if self.path is None:
            return
        step, arrays = optimizers.pack(progress.step)
        best = None
        if progress.best is not progress.step:
            best, best_arrays = optimizers.pack(progress.best)
            arrays |= {f"best_{name}": best_arrays[name] for name in ("image", "gradient")}
        facts = {
            "fingerprint": self.fingerprint,
            "stages": [asdict(stage) for stage in progress.stages],
            "stage": progress.stage,
            "step": step,
            "best": best,
            "history": [asdict(record) for record in progress.history],
        }
        save_arrays(self.path, facts, arrays)
        self.saved_at = time.monotonic()


def _fingerprint(
    pictures: tuple[Picture | None, ...], settings: Settings, weights: WeightsSource
) -> str:
    digest = hashlib.sha256(json.dumps(settings.describe(), sort_keys=True).encode())
    for picture in pictures:
        digest.update(
            b"none" if picture is None else f"{picture.shape}".encode() + picture.tobytes()
        )
    if isinstance(weights, Mapping):
        for name, array in weights.items():
            digest.update(name.encode() + array.tobytes())
    else:
        digest.update(str(weights).encode())
    return digest.hexdigest()


def _expect_memory(forecast: Estimate, shape: tuple[int, int], settings: Settings) -> None:
    if forecast.memory <= forecast.available:
        return
    ratio = min(shape) / max(shape)
    pixels = max(0, forecast.available - BASE_MEMORY) / BYTES_PER_PIXEL
    fits = int(math.sqrt(pixels / ratio)) // 16 * 16
    advice = (
        f"Take size={fits}, which fits" if fits * ratio >= 16 else "Close other programs"  # noqa: PLR2004
    )
    raise SettingsError(
        f"Expected a size that fits into memory, of which {forecast.available / 1e9:.1f} GB can be "
        f"had. Received: size={settings.size}, which needs about {forecast.memory / 1e9:.1f} GB. "
        f"{advice}, or try all the same with check_memory=False."
    )


def _first_picture(
    photo: Picture, stage: Stage, settings: Settings, start: Picture | None
) -> Picture:
    if start is not None:
        return start
    if settings.start == "content":
        return photo
    random = np.random.default_rng(settings.seed)
    return random.random((stage.height, stage.width, 3), dtype=np.float32)


def _at(image: Any, stage: Stage) -> Picture:
    return resize_to(image, stage.height, stage.width)


def _style_at(painting: Picture, stage: Stage) -> Picture:
    """Bring the painting to the stage's long side, so that strokes keep their share of the picture."""
    height, width = painting.shape[:2]
    thin = math.ceil(16 * max(height, width) / min(height, width))
    return resize(painting, max(stage.height, stage.width, thin))


def _record(number: int, stage: Stage, step: Step, history: tuple[Record, ...]) -> Record:
    earlier = [record.seconds for record in history if record.stage < number]
    return Record(
        stage=number,
        height=stage.height,
        width=stage.width,
        iteration=step.iteration,
        evaluations=step.evaluations,
        loss=step.loss,
        terms=dict(step.terms),
        seconds=step.seconds + (earlier[-1] if earlier else 0.0),
    )


def _place(progress: Progress) -> str:
    stage = progress.stages[progress.stage]
    return f"at step {progress.step.iteration} of {stage.steps}, {stage.width} × {stage.height} px"


def _shape(height: int, width: int, size: int) -> tuple[int, int]:
    scale = size / max(height, width)
    return max(16, round(height * scale)), max(16, round(width * scale))


def _names(layers: Layers) -> tuple[str, ...]:
    return (layers,) if isinstance(layers, str) else tuple(layers)


def _plain(value: object) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    return list(value) if isinstance(value, tuple | list) else value


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def _expect_whole(name: str, value: object, *, at_least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < at_least:
        raise SettingsError(
            f"Expected {name} as a whole number of at least {at_least}. Received: {value!r}."
        )


def _expect_weight(name: str, value: object) -> None:
    if not isinstance(value, int | float | np.number) or not (math.isfinite(value) and value >= 0):
        raise SettingsError(
            f"Expected {name} as a finite number of at least 0. Received: {value!r}."
        )
