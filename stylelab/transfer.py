"""The whole: a photo painted in the style of a painting, coarse to fine, to stop and to resume.

A picture is first painted small, where a few steps settle the large shapes, then brought to the next
size, where fewer steps add the finer strokes. This is faster than painting at full size from the
start, and looks better: VGG19's receptive fields cover a larger share of a smaller picture.
"""

from __future__ import annotations

import gc
import sys
import warnings
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from PIL import Image

from stylelab._files import is_file
from stylelab._signals import Terminated, ending_signals
from stylelab._streams import TolerantStream
from stylelab.checkpoint import Checkpoint, Progress, Record
from stylelab.colour import as_gray, check_colours
from stylelab.errors import (
    DivergedError,
    OutputError,
    PictureError,
    PictureWarning,
    SettingsError,
)
from stylelab.features import LEARNED
from stylelab.forecast import Estimate, estimate, expect_memory
from stylelab.images import resize_to
from stylelab.losses import CONTENT_LAYERS, STYLE_LAYERS, Loss
from stylelab.masks import mask_of, resize_mask, transparency
from stylelab.optimizers import revalue
from stylelab.printing import print_facts, stated_resolution
from stylelab.rights.reading import with_sidecars
from stylelab.rights.writing import state_rights
from stylelab.samples import load_picture
from stylelab.saving import expect_apart, save_image
from stylelab.settings import OF_TERMS, OPTIMIZERS, STARTS, WEIGHTS, Settings
from stylelab.sources import (
    Sources,
    expect_tiles,
    fit_places,
    load_input,
    load_manner,
    whose,
)
from stylelab.steps import Step
from stylelab.tiles import TiledObjective

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from stylelab.colour import Colours, ColourSpace
    from stylelab.distributions import StatisticName
    from stylelab.features import Pooling, WeightsSource
    from stylelab.images import Picture, PictureSource
    from stylelab.losses import Evaluation, Form, Layers, Objective
    from stylelab.masks import Mask
    from stylelab.rights.facts import Rights
    from stylelab.settings import OptimizerName, Stage


FLAT = 1 / 255
"""A photo whose values differ by less is one even area."""

FIRST_NOISE = np.float32(0.2)
"""How far the values of the noise differ that is added to such a photo at the start."""

COLOURED = 3
"""Axes of a picture; a mask has two."""


@dataclass(frozen=True, eq=False)
class Result:
    """A painted picture and how it came about.

    Attributes:
        image: the picture (H, W, 3), RGB, in [0, 1].
        settings: what it was painted with.
        history: a record of every step.
        seconds: how long the optimizer worked.
        stopped: None, or a sentence that says why the run ended before its last step.
        styles: what the style was made of, as plain values, if it was not one painting. With a
            content term among them, they are the whole loss.
        start: the name of the picture that the run started from, if there was one.
        rights: whose the pictures are that went in, by name.
        inputs: the files that went in, and the checkpoint: `save` overwrites none of them.
        alpha: the photo's transparency, (H, W), from 0, transparent, to 1, if it was to be kept.
        dots_per_inch: the photo's resolution on paper, if its file says one; the saved picture has
            the same.
    """

    image: Picture = field(repr=False)
    settings: Settings
    history: tuple[Record, ...] = field(repr=False)
    seconds: float
    stopped: str | None = None
    styles: Sequence[Mapping[str, Any]] | None = None
    start: str | None = None
    rights: Mapping[str, Rights] = field(default_factory=dict)
    inputs: tuple[Path, ...] = field(default=(), repr=False)
    alpha: Mask | None = field(default=None, repr=False)
    dots_per_inch: float | None = None

    def save(
        self,
        path: str | PathLike[str],
        *,
        inputs: Sequence[str | PathLike[str]] = (),
        make_folders: bool = False,
        title: str | None = None,
        creator: str | None = None,
        licence: str | None = None,
        **facts: object,
    ) -> Path:
        """Save the picture, and in the file's metadata how it was made and from whose pictures.

        Args:
            path: where; see `save_image`.
            inputs: further files that must not be overwritten: masks, for example.
            make_folders: whether to make missing folders.
            title: what the picture is called.
            creator: who you are, if you want to be named.
            licence: under what terms you offer it: one that what went in permits (`state_rights`).
            **facts: what else to store beside the settings.

        Raises:
            OutputError: it cannot be written there.
            RightsError: what went in does not permit that licence.
        """
        statement = state_rights(self.rights, title=title, creator=creator, licence=licence)
        settings = self.settings.describe()
        if taken := [name for name in facts if name in settings]:
            raise SettingsError(
                "Expected other facts than the settings, which are stored as they were. "
                f"Received: {', '.join(taken)}. Choose other names."
            )
        told = settings | facts | {"stopped": self.stopped}
        if self.start is not None:
            told["start"] = self.start
        if self.styles is not None:
            whole = any(term["term"] == "content" for term in self.styles)
            told["loss" if whole else "styles"] = self.styles
            told = {name: told[name] for name in told if not (whole and name in OF_TERMS)}
        return save_image(
            path,
            self.image,
            settings=told,
            inputs=[*self.inputs, *([inputs] if isinstance(inputs, str | PathLike) else inputs)],
            make_folders=make_folders,
            rights=statement,
            alpha=self.alpha,
            dots_per_inch=self.dots_per_inch,
        )


def transfer(
    photo: PictureSource,
    painting: PictureSource | Sequence[PictureSource] | Loss,
    *,
    size: int | Literal["original"] = Settings.size,
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
    style_scale: float = Settings.style_scale,
    statistic: StatisticName = Settings.statistic,
    colours: Colours = Settings.colours,
    colour_space: ColourSpace | None = Settings.colour_space,
    tile: int | None = Settings.tile,
    keep: ArrayLike | PictureSource | None = None,
    rights: Mapping[str, Rights | Mapping[str, str]] | None = None,
    strict: bool = False,
    weights: WeightsSource = LEARNED,
    progress: bool | str = True,
    callback: Callable[[Progress], object] | None = None,
    checkpoint: str | PathLike[str] | None = None,
    check_memory: bool = True,
    keep_transparency: bool = False,
) -> Result:
    """Paint a photo in the style of a painting (Gatys et al. 2016).

    ```python
    result = transfer("cat.jpg", "starry_night.jpg", style_weight=30)
    result.save("starry_cat.png")
    two_places = style("night.jpg", mask=sky) + 0.5 * style("glass.jpg", mask=1 - sky)
    result = transfer("town.jpg", two_places)
    ```

    Ctrl-C (in a notebook: stop) ends the run and keeps the best picture so far. So do SIGTERM and
    SIGHUP, which batch systems and containers send, unless the program has its own handlers for them.

    Args:
        photo: what to show; anything that `load_picture` takes: a file, an array, a sample's name.
        painting: how to show it; anything that `load_picture` takes. Or several, which share the style
            equally. Or a loss made of `style` terms, each with its own weight, mask, layers, scale
            and statistic, which then count in place of those given here. Masks have the photo's
            proportions. A loss that also has a `content` term is taken as the whole loss: the photo
            then gives size, start and colours only, and no term or weight is added.
        size: long side of the finished picture, in pixels, or `"original"`: the photo's own.
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
        start: `"content"`, `"noise"` or a picture to start from; anything that `load_picture` takes.
        style_scale: how many times as large strokes come out as in the painting at the photo's size.
        statistic: what is compared of the styles; see `stylelab.distributions`.
        colours: `"painting"`, or those of the photo: `"luminance"`, `"mean_covariance"` or
            `"histogram"`; see `stylelab.colour`.
        colour_space: in which the photo's colours are kept.
        tile: side of the tiles in which larger pictures are computed, for less memory.
        keep: (H, W) in [0, 1], or a file as `load_mask` takes it, of the photo's proportions: where
            no style is asked for.
        rights: what you know of whose the pictures are: author, licence and source of `"photo"`,
            `"painting"`, `"painting_2"`, …, `"start"`; see `inputs_rights`. Files are asked, too.
        strict: refuse pictures whose author, licence or source is unknown.
        weights: see `VGG19`.
        progress: say what is coming, and show a bar with the time left. A text is said first.
        callback: is given a `Progress` after each step; the run stops if it answers True.
        checkpoint: a file in which the state is kept, written every few seconds. If it is there, the
            run goes on from it, to the same picture, bit for bit, as if it had never been stopped; with
            more steps than before, also if it was finished. Writing takes a twentieth of the time at
            most, so with a slow disk or a large picture it happens less often.
        check_memory: refuse a size that would not fit into memory.
        keep_transparency: let the result be transparent where the photo is. It is painted over white
            either way.

    Raises:
        StylelabError: an argument is not what it should be; the message says what to do.
        DivergedError: the loss was not a finite number from the very start.
    """
    starts_alike = isinstance(start, str) and start in STARTS
    original = load_picture(photo) if isinstance(size, str) and size == "original" else None
    if isinstance(painting, Loss):
        pooling = painting.pooling if pooling == Settings.pooling else pooling
        weights = painting.weights if weights is LEARNED else weights
    settings = Settings(
        size=size if original is None else max(original.shape),  # type: ignore[arg-type]
        style_weight=style_weight,
        content_weight=content_weight,
        total_variation_weight=total_variation_weight,
        content_layers=content_layers,
        style_layers=style_layers,
        steps=steps,
        optimizer=optimizer,
        pooling=pooling,
        form=form,
        start=start if starts_alike else "content",  # type: ignore[arg-type]
        seed=seed,
        style_scale=style_scale,
        statistic=statistic,
        colours=colours,
        colour_space=colour_space,
        tile=tile,
    )
    photo_array = load_input(photo, settings.size) if original is None else original
    manner = load_manner(painting, settings)
    given = None if starts_alike else load_input(start, settings.size)
    if given is None and settings.start == "content" and is_flat(photo_array):
        warnings.warn(
            "The photo is one even area, so noise is added to it at the start. If little comes of it, "
            "give content_weight=0, for the style alone.",
            PictureWarning,
            stacklevel=2,
        )
    whole = isinstance(manner, Loss) and manner.has_content
    if whole and any(getattr(settings, name) != getattr(Settings, name) for name in WEIGHTS):
        raise SettingsError(
            "Expected weights in the loss alone, as it has a content term and is painted towards as "
            f"it is. Received: {' and '.join(WEIGHTS)} besides. Multiply the loss's terms by them."
        )
    inputs = _files(photo, painting, start, weights)
    if checkpoint is not None:
        read = {f"the input {path.name}": path for path in inputs}
        expect_apart({"the checkpoint": checkpoint}, read)
        inputs += (Path(checkpoint).expanduser().absolute(),)
    alpha, dots_per_inch = _alpha(photo, keep=keep_transparency), _dots_per_inch(photo)
    known = whose(photo, painting, rights, start=None if given is None else start, strict=strict)
    region = None if keep is None else mask_of(keep)
    manner, region = fit_places(photo_array, manner, region)
    expect_tiles(manner, settings)
    layers = manner.layers if isinstance(manner, Loss) else None
    held = [array.shape[:2] for array in (photo_array, *_arrays(manner))]
    forecast = estimate(photo_array.shape[:2], settings, layers, inputs=held)
    if check_memory:
        expect_memory(forecast, photo_array.shape[:2], settings, layers, inputs=held)
    store = Checkpoint(checkpoint, (photo_array, manner, given, region), settings, weights)
    run = transfer_steps(
        photo_array,
        manner,
        settings,
        start=given,
        keep=region,
        weights=weights,
        resume=store.load(),
    )
    # A notebook's kernel is ended by its server, which asks the reader first.
    signals = nullcontext() if _in_notebook() else ending_signals()
    with signals, _Bar(forecast, shown=progress) as bar:
        result = _finish(run, settings, bar, callback, store)
    named = isinstance(start, str | PathLike)
    return replace(
        result,
        styles=manner.describe() if isinstance(manner, Loss) else None,
        start=None if given is None else str(start) if named else "a picture",
        rights=known,
        inputs=inputs,
        alpha=None if alpha is None else resize_mask(alpha, *result.image.shape[:2]),
        dots_per_inch=dots_per_inch,
    )


def _alpha(photo: object, *, keep: bool) -> Mask | None:
    """Give a photo's alpha channel, (H, W), if it is to be kept; warn if there is one and it is not."""
    alpha = transparency(photo)
    if alpha is not None and not keep:
        warnings.warn(
            "The photo's transparency is not kept: what is transparent is painted as if it were on "
            "white. To keep it, give keep_transparency=True.",
            stacklevel=3,
        )
    return alpha if keep else None


def _dots_per_inch(photo: object) -> float | None:
    """Give a photo's resolution on paper, if it states one that can be read."""
    if isinstance(photo, Image.Image):
        return stated_resolution(photo)
    if isinstance(photo, bytes) or (isinstance(photo, str | PathLike) and is_file(photo)):
        with suppress(PictureError):  # what Pillow does not open, such as floats in colours
            return print_facts(photo).dots_per_inch
    return None


def _files(*sources: object) -> tuple[Path, ...]:
    """Find the files among what a run is given, with those beside them that say whose they are."""
    found: list[Path] = []
    for source in sources:
        if isinstance(source, list | tuple):
            found += _files(*source)
        elif isinstance(source, Loss):
            found += _files(*(getattr(term, "source", None) for _, term in source.weighted_terms))
        elif isinstance(source, str | PathLike):
            found += with_sidecars(source)
    return tuple(found)


def transfer_steps(
    photo: Picture,
    painting: Picture | Loss,
    settings: Settings,
    *,
    start: Picture | None = None,
    keep: Mask | None = None,
    weights: WeightsSource = LEARNED,
    resume: Progress | None = None,
    live: Callable[[], Settings | tuple[Settings, Loss]] | None = None,
) -> Iterator[Progress]:
    """Do what `transfer` does, one step at a time: leaving the loop stops.

    Args:
        photo: a picture (H, W, 3) at full size.
        painting: another one, or a loss of style terms.
        settings: see `Settings`.
        start: a picture to start from, in place of what the settings say.
        keep: (H, W) in [0, 1], of the photo's size: where no style is asked for.
        weights: see `VGG19`.
        resume: where to go on from; it is yielded again first.
        live: asked before each step for the settings to go on with; for a loss of style terms also,
            if it answers with both, for one whose terms have the weights to go on with. If the
            weights of terms or layers are others than before, the present picture is valued anew
            under them and yielded again (its record says `changed`), and the run goes on from it.
            Nothing is compiled anew.

    Yields:
        A `Progress` after each step of each stage, beginning with each stage's start.

    Raises:
        SettingsError: `live` answers with more changed than weights.
    """
    stages = settings.stages(*photo.shape[:2])
    wishes = _Wishes(settings, painting if isinstance(painting, Loss) else None, live)
    sources = Sources.of(photo, painting, keep, settings)
    colours = _at(photo, stages[-1]) if settings.colours == "luminance" else None
    # Where nothing has colours, neither has the noise: the style alone would not take them out of it.
    from_noise = start is None and settings.start == "noise"
    gray = colours is not None or (from_noise and _all_gray(sources))
    if resume is None:
        image, first = _first_picture(sources.photo, stages[0], settings, start, gray=gray), 0
        if colours is not None:
            image = as_gray(image, check_colours(settings.colours, settings.colour_space))
        history: tuple[Record, ...] = ()
    else:
        resume = replace(resume, colours=colours, colour_space=settings.colour_space)
        yield resume
        image, first, history = resume.best.image, resume.stage, resume.history
    for number in range(first, len(stages)):
        stage = stages[number]
        resumed = resume is not None and number == first
        # A resumed stage goes on from a step that was valued under the settings given.
        changed = not resumed and wishes.ask() and number > first
        here = sources.at(stage, settings)
        loss = wishes.loss(here, weights)
        begin: Any = resume.step if resumed and resume else _at(image, stage)
        best = resume.best if resumed and resume else None
        for step, anew in _steps_of_stage(loss, begin, stage, wishes, here, gray=gray):
            changed = changed or anew
            best = step if best is None or anew or step.loss < best.loss else best
            history = (*history, _record(number, stage, step, history, changed=changed))
            changed = False
            yield Progress(stages, number, step, best, history, colours, settings.colour_space)
        if best is not None:
            image = best.image
        # A compiled loss refers to itself: without this, it would still be there beside the next.
        del loss
        gc.collect()


class _Wishes:
    """The settings in force, and those asked for by someone who may change weights meanwhile.

    `styles` is a loss of style terms, if that is what is painted: of it, only the weights count.
    """

    def __init__(
        self,
        settings: Settings,
        styles: Loss | None,
        live: Callable[[], Settings | tuple[Settings, Loss]] | None,
    ) -> None:
        self.settings = settings
        self.styles = styles
        self.live = live

    def ask(self) -> bool:
        """Take over the weights wished for; tell whether any weight or setting has changed."""
        wished = self.settings if self.live is None else self.live()
        settings, styles = wished if isinstance(wished, tuple) else (wished, self.styles)
        changed = self._take_styles(styles)
        if settings == self.settings:
            return changed
        if others := self.settings.beyond_weights(settings):
            raise SettingsError(
                "Expected only weights to change during a run. Received: another "
                f"{' and another '.join(others)}. Start a new run with it."
            )
        self.settings = settings
        return True

    def _take_styles(self, styles: Loss | None) -> bool:
        before = self.styles
        if styles is before:
            return False
        if before is None or styles is None:
            raise SettingsError(
                "Expected settings alone, as there is one painting. Received: a loss as well. Begin "
                "with a loss of style terms, whose weights may change."
            )
        weights = before.weighted_as(styles).part_weights  # raises, if they are other terms
        self.styles = styles
        return not np.array_equal(weights, before.part_weights)

    def loss(self, sources: Sources, weights: WeightsSource) -> Loss:
        """Build the loss; with every term if their weights may change."""
        painting = sources.painting
        if isinstance(painting, Loss) and self.styles is not None:
            painting = painting.weighted_as(self.styles)
        return self.settings.loss(
            sources.photo,
            painting,
            weights,
            keep=sources.keep,
            all_terms=self.live is not None,
        )


def _steps_of_stage(
    loss: Loss,
    begin: Picture | Step,
    stage: Stage,
    wishes: _Wishes,
    sources: Sources,
    *,
    gray: bool,
) -> Iterator[tuple[Step, bool]]:
    """Take the steps of a stage; tell of each whether it is one valued anew."""
    optimizer = OPTIMIZERS[wishes.settings.optimizer]
    step = begin if isinstance(begin, Step) else None
    valued = _Valued.of(loss, stage, wishes.settings, gray=gray)
    steps = optimizer(valued, start=begin, steps=stage.steps)
    while True:
        if step is not None and step.iteration < stage.steps and wishes.ask():
            part_weights = wishes.loss(sources, loss.weights).part_weights
            if not np.array_equal(part_weights, valued.part_weights):
                valued = replace(valued, part_weights=part_weights)
                step = revalue(step, valued)
                steps = optimizer(valued, start=step, steps=stage.steps)
                yield step, True
        step = next(steps, None)
        if step is None:
            return
        yield step, False


@dataclass(frozen=True, eq=False)
class _Valued:
    """A compiled loss with the weights in force, as an optimizer is given it."""

    objective: Objective
    part_weights: NDArray[np.float32]
    gray: bool

    @classmethod
    def of(cls, loss: Loss, stage: Stage, settings: Settings, *, gray: bool) -> _Valued:
        """Compile a loss for a stage; in tiles, if the picture is larger than they are."""
        shape = (stage.height, stage.width, 3)
        tiled = settings.tile is not None and max(shape) > settings.tile
        objective = (
            TiledObjective(loss, shape, settings.tile or 0) if tiled else loss.objective(shape)
        )
        return cls(objective, loss.part_weights, gray=gray)

    def __call__(self, image: Picture) -> Evaluation:
        """Evaluate the loss at a picture; one that is to stay gray has a gradient that is."""
        evaluation = self.objective(image, part_weights=self.part_weights)
        if not self.gray:
            return evaluation
        mean = evaluation.gradient.mean(axis=2, keepdims=True)
        return evaluation._replace(gradient=np.repeat(mean, 3, axis=2))


def _finish(
    run: Iterator[Progress],
    settings: Settings,
    bar: _Bar,
    callback: Callable[[Progress], object] | None,
    store: Checkpoint,
) -> Result:
    """Take all steps of a run and make a result of the last good one, however it ends."""
    progress, stopped = None, None
    try:
        for progress in run:
            bar.show(progress)
            store.save_sometimes(progress)
            answer = None if callback is None else callback(progress)
            if isinstance(answer, bool | np.bool_) and answer:
                stopped = f"the callback stopped it {_place(progress)}"
                break
        if progress is not None:
            store.save(progress)
    except (KeyboardInterrupt, DivergedError, OutputError) as error:
        if progress is None:
            raise
        stopped = _reason(error, progress)
    except Exception:  # the callback's own: the work up to there is in the checkpoint
        with suppress(OutputError):
            if progress is not None:
                store.save(progress)
        raise
    if progress is None:  # a run yields its start or raises
        raise AssertionError
    if stopped is not None:
        with suppress(KeyboardInterrupt, OutputError):  # the picture comes first
            store.save(progress)
    return Result(
        image=progress.image,
        settings=settings,
        history=progress.history,
        seconds=progress.history[-1].seconds,
        stopped=stopped,
    )


def _reason(error: BaseException, progress: Progress) -> str:
    """Say why a run ended before its last step; warn of it, unless it was asked for."""
    if isinstance(error, Terminated):
        return f"ended by {error.signal.name} {_place(progress)}"
    if isinstance(error, KeyboardInterrupt):
        return f"interrupted {_place(progress)}"
    warnings.warn(f"The last good picture was kept. {error}", RuntimeWarning, stacklevel=4)
    return f"stopped {_place(progress)}: {error}"


class _Bar:
    """The forecast in words, then a progress bar with the time left."""

    def __init__(self, forecast: Estimate, *, shown: bool | str) -> None:
        from tqdm import tqdm

        # Jupyter shows the standard error on red.
        file = TolerantStream(sys.stdout if _in_notebook() else sys.stderr)
        if isinstance(shown, str):
            print(shown, file=file)
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


def _in_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")


def _first_picture(
    photo: Picture, stage: Stage, settings: Settings, start: Picture | None, *, gray: bool
) -> Picture:
    if start is not None:
        return start
    random = np.random.default_rng(settings.seed)
    noise = random.random((stage.height, stage.width, 3), dtype=np.float32)
    if gray:
        noise = np.repeat(noise[..., :1], 3, axis=2)
    if settings.start == "noise":
        return noise
    if not is_flat(photo):
        return photo
    # From an even area no style can grow: its gradient is zero, or the same everywhere.
    return np.clip(_at(photo, stage) + FIRST_NOISE * (noise - np.float32(0.5)), 0, 1)


def is_flat(photo: Picture) -> bool:
    """Whether a picture is one even area."""
    return bool(np.ptp(photo, axis=(0, 1)).max() <= FLAT)


def _arrays(painting: Picture | Loss) -> tuple[NDArray[np.float32], ...]:
    return painting.arrays if isinstance(painting, Loss) else (painting,)


def _all_gray(sources: Sources) -> bool:
    pictures = [sources.photo, *_arrays(sources.painting)]
    return all((array == array[..., :1]).all() for array in pictures if array.ndim == COLOURED)


def _at(image: Any, stage: Stage) -> Picture:
    return resize_to(image, stage.height, stage.width)


def _record(
    number: int, stage: Stage, step: Step, history: tuple[Record, ...], *, changed: bool
) -> Record:
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
        changed=changed,
    )


def _place(progress: Progress) -> str:
    stage = progress.stages[progress.stage]
    return f"at step {progress.step.iteration} of {stage.steps}, {stage.width} × {stage.height} px"
