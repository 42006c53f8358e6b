"""The whole: a photo painted in the style of a painting, coarse to fine, to stop and to resume.

A picture is first painted small, where a few steps settle the large shapes, then brought to the next
size, where fewer steps add the finer strokes. This is faster than painting at full size from the
start, and looks better: VGG19's receptive fields cover a larger share of a smaller picture.
"""

from __future__ import annotations

import warnings
from contextlib import nullcontext, suppress
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from PIL import Image

from stylelab.errors import (
    DivergedError,
    OutputError,
    PictureError,
    PictureWarning,
    SettingsError,
)
from stylelab.losses.layer_weights import CONTENT_LAYERS, STYLE_LAYERS
from stylelab.losses.loss import Loss
from stylelab.network.vgg19 import LEARNED
from stylelab.pictures.masks import as_mask, load_alpha, resize_mask
from stylelab.pictures.paths import is_file
from stylelab.pictures.printing import read_print_info, read_resolution
from stylelab.pictures.saving import validate_distinct_paths
from stylelab.pipeline.checkpoint import Checkpoint
from stylelab.pipeline.cost_estimate import estimate_cost, validate_memory
from stylelab.pipeline.inputs import (
    fit_masks,
    input_rights,
    load_input,
    load_style,
    validate_tiling,
)
from stylelab.pipeline.progress_bar import _in_notebook, _ProgressBar
from stylelab.pipeline.result import Result
from stylelab.pipeline.settings import START_MODES, WEIGHT_SETTINGS, Settings
from stylelab.pipeline.signals import Terminated, ending_signals
from stylelab.pipeline.transfer_steps import _arrays, is_flat, transfer_steps
from stylelab.rights.reading import list_picture_and_sidecars
from stylelab.samples.catalogue import load_image_or_sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import ArrayLike

    from stylelab.losses.formulations import Formulation
    from stylelab.losses.layer_weights import Layers
    from stylelab.losses.statistics import StatisticName
    from stylelab.network.vgg19 import Pooling, WeightsSource
    from stylelab.pictures.colour import ColourMode, ColourSpace
    from stylelab.pictures.images import PictureSource
    from stylelab.pictures.masks import Mask
    from stylelab.pipeline.progress import Progress
    from stylelab.pipeline.settings import OptimizerName
    from stylelab.rights.record import Rights


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
    formulation: Formulation = Settings.formulation,
    start: Literal["content", "noise"] | PictureSource = Settings.start,
    seed: int = Settings.seed,
    style_scale: float = Settings.style_scale,
    statistic: StatisticName = Settings.statistic,
    colours: ColourMode = Settings.colours,
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
        photo: what to show; anything that `load_image_or_sample` takes: a file, an array, a sample's name.
        painting: how to show it; anything that `load_image_or_sample` takes. Or several, which share the style
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
        formulation: how the terms are computed; see `stylelab.losses.loss`.
        seed: decides the noise.
        start: `"content"`, `"noise"` or a picture to start from; anything that `load_image_or_sample` takes.
        style_scale: how many times as large strokes come out as in the painting at the photo's size.
        statistic: what is compared of the styles; see `stylelab.losses.statistics`.
        colours: `"painting"`, or those of the photo: `"luminance"`, `"mean_covariance"` or
            `"histogram"`; see `stylelab.pictures.colour`.
        colour_space: in which the photo's colours are kept.
        tile: side of the tiles in which larger pictures are computed, for less memory.
        keep: (H, W) in [0, 1], or a file as `load_mask` takes it, of the photo's proportions: where
            no style is asked for.
        rights: what you know of whose the pictures are: author, licence and source of `"photo"`,
            `"painting"`, `"painting_2"`, …, `"start"`; see `read_input_rights`. Files are asked, too.
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
    start_is_mode = isinstance(start, str) and start in START_MODES
    original = load_image_or_sample(photo) if isinstance(size, str) and size == "original" else None
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
        formulation=formulation,
        start=start if start_is_mode else "content",  # type: ignore[arg-type]
        seed=seed,
        style_scale=style_scale,
        statistic=statistic,
        colours=colours,
        colour_space=colour_space,
        tile=tile,
    )
    photo_array = load_input(photo, settings.size) if original is None else original
    style_input = load_style(painting, settings)
    start_image = None if start_is_mode else load_input(start, settings.size)
    if start_image is None and settings.start == "content" and is_flat(photo_array):
        warnings.warn(
            "The photo is one even area, so noise is added to it at the start. If little comes of it, "
            "give content_weight=0, for the style alone.",
            PictureWarning,
            stacklevel=2,
        )
    whole = isinstance(style_input, Loss) and style_input.has_content
    if whole and any(
        getattr(settings, name) != getattr(Settings, name) for name in WEIGHT_SETTINGS
    ):
        raise SettingsError(
            "Expected weights in the loss alone, as it has a content term and is painted towards as "
            f"it is. Received: {' and '.join(WEIGHT_SETTINGS)} besides. Multiply the loss's terms by them."
        )
    inputs = _files(photo, painting, start, weights)
    if checkpoint is not None:
        read = {f"the input {path.name}": path for path in inputs}
        validate_distinct_paths({"the checkpoint": checkpoint}, read)
        inputs += (Path(checkpoint).expanduser().absolute(),)
    alpha, dots_per_inch = _photo_alpha(photo, keep=keep_transparency), _dots_per_inch(photo)
    known_rights = input_rights(
        photo, painting, rights, start=None if start_image is None else start, strict=strict
    )
    keep_mask = None if keep is None else as_mask(keep)
    style_input, keep_mask = fit_masks(photo_array, style_input, keep_mask)
    validate_tiling(style_input, settings)
    layers = style_input.layers if isinstance(style_input, Loss) else None
    input_shapes = [array.shape[:2] for array in (photo_array, *_arrays(style_input))]
    forecast = estimate_cost(photo_array.shape[:2], settings, layers, inputs=input_shapes)
    if check_memory:
        validate_memory(forecast, photo_array.shape[:2], settings, layers, inputs=input_shapes)
    checkpoint_file = Checkpoint(
        checkpoint, (photo_array, style_input, start_image, keep_mask), settings, weights
    )
    run = transfer_steps(
        photo_array,
        style_input,
        settings,
        start=start_image,
        keep=keep_mask,
        weights=weights,
        resume=checkpoint_file.load(),
    )
    # A notebook's kernel is ended by its server, which asks the reader first.
    signals = nullcontext() if _in_notebook() else ending_signals()
    with signals, _ProgressBar(forecast, shown=progress) as bar:
        result = _run_to_end(run, settings, bar, callback, checkpoint_file)
    start_is_named = isinstance(start, str | PathLike)
    return replace(
        result,
        styles=style_input.describe() if isinstance(style_input, Loss) else None,
        start=None if start_image is None else str(start) if start_is_named else "a picture",
        rights=known_rights,
        inputs=inputs,
        alpha=None if alpha is None else resize_mask(alpha, *result.image.shape[:2]),
        dots_per_inch=dots_per_inch,
    )


def _photo_alpha(photo: object, *, keep: bool) -> Mask | None:
    """Give a photo's alpha channel, (H, W), if it is to be kept; warn if there is one and it is not."""
    alpha = load_alpha(photo)
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
        return read_resolution(photo)
    if isinstance(photo, bytes) or (isinstance(photo, str | PathLike) and is_file(photo)):
        with suppress(PictureError):  # what Pillow does not open, such as floats in colours
            return read_print_info(photo).dots_per_inch
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
            found += list_picture_and_sidecars(source)
    return tuple(found)


def _run_to_end(
    run: Iterator[Progress],
    settings: Settings,
    bar: _ProgressBar,
    callback: Callable[[Progress], object] | None,
    checkpoint_file: Checkpoint,
) -> Result:
    """Take all steps of a run and make a result of the last good one, however it ends."""
    progress, stopped = None, None
    try:
        for progress in run:
            bar.show(progress)
            checkpoint_file.save_if_due(progress)
            answer = None if callback is None else callback(progress)
            if isinstance(answer, bool | np.bool_) and answer:
                stopped = f"the callback stopped it {_describe_position(progress)}"
                break
        if progress is not None:
            checkpoint_file.save(progress)
    except (KeyboardInterrupt, DivergedError, OutputError) as error:
        if progress is None:
            raise
        stopped = _describe_stop(error, progress)
    except Exception:  # the callback's own: the work up to there is in the checkpoint
        with suppress(OutputError):
            if progress is not None:
                checkpoint_file.save(progress)
        raise
    if progress is None:  # a run yields its start or raises
        raise AssertionError
    if stopped is not None:
        with suppress(KeyboardInterrupt, OutputError):  # the picture comes first
            checkpoint_file.save(progress)
    return Result(
        image=progress.image,
        settings=settings,
        history=progress.history,
        seconds=progress.history[-1].seconds,
        stopped=stopped,
    )


def _describe_stop(error: BaseException, progress: Progress) -> str:
    """Say why a run ended before its last step; warn of it, unless it was asked for."""
    if isinstance(error, Terminated):
        return f"ended by {error.signal.name} {_describe_position(progress)}"
    if isinstance(error, KeyboardInterrupt):
        return f"interrupted {_describe_position(progress)}"
    warnings.warn(f"The last good picture was kept. {error}", RuntimeWarning, stacklevel=4)
    return f"stopped {_describe_position(progress)}: {error}"


def _describe_position(progress: Progress) -> str:
    stage = progress.stages[progress.stage]
    return f"at step {progress.step.iteration} of {stage.steps}, {stage.width} × {stage.height} px"
