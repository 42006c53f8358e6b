"""A photo painted in the style of a painting, in one call: read, plan, run, and keep what was done."""

from __future__ import annotations

import inspect
import warnings
from contextlib import nullcontext, suppress
from dataclasses import fields
from os import PathLike
from pathlib import Path
from signal import Signals
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np

from stylelab.errors import DivergedError, OutputError
from stylelab.losses.loss import Loss
from stylelab.network.vgg19 import LEARNED
from stylelab.pictures.masks import resize_mask
from stylelab.pictures.saving import validate_distinct_paths
from stylelab.pipeline.checkpoint import Checkpoint
from stylelab.pipeline.inputs import load_inputs, original_size
from stylelab.pipeline.plan import make_plan
from stylelab.pipeline.result import Result
from stylelab.pipeline.settings import NETWORK_SETTINGS, START_MODES, Settings
from stylelab.pipeline.signals import Terminated, ending_signals
from stylelab.pipeline.stages import quality_steps
from stylelab.pipeline.streams import in_notebook, progress_bar, progress_stream
from stylelab.pipeline.transfer_steps import transfer_steps

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import ArrayLike

    from stylelab.network.vgg19 import WeightsSource
    from stylelab.pictures.images import PictureSource
    from stylelab.pipeline.cost_estimate import CostEstimate
    from stylelab.pipeline.plan import Plan
    from stylelab.pipeline.progress import Progress
    from stylelab.pipeline.settings import StartMode
    from stylelab.pipeline.stages import Quality
    from stylelab.rights.record import Rights


def transfer(
    photo: PictureSource,
    painting: PictureSource | Sequence[PictureSource] | Loss,
    *,
    size: int | Literal["original"] = Settings.size,
    quality: Quality | None = None,
    start: StartMode | PictureSource = Settings.start,
    keep: ArrayLike | PictureSource | None = None,
    rights: Mapping[str, Rights | Mapping[str, str]] | None = None,
    strict: bool = False,
    weights: WeightsSource = LEARNED,
    progress: bool | str = True,
    callback: Callable[[Progress], object] | None = None,
    checkpoint: str | PathLike[str] | None = None,
    check_memory: bool = True,
    keep_transparency: bool = False,
    **settings: Any,
) -> Result:
    """Paint a photo in the style of a painting (Gatys et al. 2016).

    ```python
    result = sl.transfer("cat", "swirling_night", size=64, steps=2, style_weight=30, progress=False)
    result.save("starry_cat.png")
    ```

    Ctrl-C (in a notebook: stop) ends the run and keeps the best picture so far. So do SIGTERM and
    SIGHUP, which batch systems and containers send, unless the program has its own handlers for them.

    Args:
        photo: what to show; anything that `load_image_or_sample` takes: a file, an array, a sample's
            name.
        painting: how to show it; the same. Or several, which share the style equally. Or a loss made
            of `style` terms, each with its own weight, mask, layers, scale and statistic, which then
            count in place of the settings'. Masks have the photo's proportions. A loss that also has a
            `content` term is taken as the whole loss: the photo then gives size, start and colours
            only, and no term or weight is added.
        size: long side of the finished picture, in pixels, or `"original"`: the photo's own.
        quality: `"draft"`, `"good"` or `"best"`: how long it is painted, in place of `steps`. For 512
            px on two cores about 10 seconds, under a minute (the default), five minutes.
        start: `"recoloured"`, `"content"` or `"noise"` (see `Settings`), or a picture to start from:
            anything that `load_image_or_sample` takes.
        keep: (H, W) in [0, 1], or a file as `load_mask` takes it, of the photo's proportions: where
            no style is asked for.
        rights: what you know of the pictures' rights: author, licence and source of `"photo"`,
            `"painting"`, `"painting_2"`, …, `"start"`; see `read_input_rights`. Files' metadata is
            read, too.
        strict: refuse pictures whose author, licence or source is unknown.
        weights: see `VGG19`.
        progress: print what is coming, and show a bar with the time left. A text is printed first.
        callback: is given a `Progress` after each step; the run stops if it answers True.
        checkpoint: a file in which the state is kept, written every few seconds. If it is there, the
            run goes on from it, to the same picture, bit for bit, as if it had never been stopped; with
            more steps than before, also if it was finished. Writing takes a twentieth of the time at
            most, so with a slow disk or a large picture it happens less often.
        check_memory: refuse a size that would not fit into memory.
        keep_transparency: let the result be transparent where the photo is. It is painted over white
            either way.
        **settings: any of `Settings`: style_weight, content_weight, total_variation_weight,
            content_layers, style_layers, coarsest_size, steps, optimizer, pooling, padding_mode,
            formulation, seed, style_scale, statistic, colours, colour_space, tile.

    Raises:
        StylelabError: an argument is not what it should be; the message says what to do.
        DivergedError: the loss was not a finite number from the very start.
    """
    start_is_mode = isinstance(start, str) and start in START_MODES
    if isinstance(painting, Loss):
        for name in NETWORK_SETTINGS:
            if settings.get(name, getattr(Settings, name)) == getattr(Settings, name):
                settings[name] = getattr(painting, name)
        weights = painting.weights if weights is LEARNED else weights
    if quality is not None:
        settings["steps"] = quality_steps(quality, settings.get("steps"))
    chosen = Settings(
        size=original_size(photo) if isinstance(size, str) and size == "original" else size,
        start=start if start_is_mode else Settings.start,  # type: ignore[arg-type]
        **settings,
    )
    inputs = load_inputs(
        photo,
        painting,
        chosen,
        start=None if start_is_mode else start,
        keep=keep,
        rights=rights,
        strict=strict,
        keep_transparency=keep_transparency,
    )
    plan = make_plan(inputs, chosen, weights=weights)
    return run_plan(
        plan, progress=progress, callback=callback, checkpoint=checkpoint, check_memory=check_memory
    )


def _with_settings(signature: inspect.Signature) -> inspect.Signature:
    """Signature that names each of the settings in place of `**settings`."""
    own = [one for one in signature.parameters.values() if one.kind is not one.VAR_KEYWORD]
    named = [
        inspect.Parameter(
            setting.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=setting.default,
            annotation=setting.type,
        )
        for setting in fields(Settings)
        if setting.name not in signature.parameters
    ]
    return signature.replace(parameters=[*own, *named])


transfer.__signature__ = _with_settings(inspect.signature(transfer))  # type: ignore[attr-defined]


def run_plan(
    plan: Plan,
    *,
    progress: bool | str = True,
    callback: Callable[[Progress], object] | None = None,
    checkpoint: str | PathLike[str] | None = None,
    check_memory: bool = True,
) -> Result:
    """Run a plan to its end. The arguments are those of `transfer`; for `plan` see `make_plan`.

    ```python
    settings = sl.Settings(size=64, steps=2)
    plan = sl.make_plan(sl.load_inputs(photo, painting, settings), settings)
    result = sl.run_plan(plan, progress=False)
    ```

    Raises:
        SettingsError: the run does not fit into memory.
        CheckpointError: the checkpoint is no state of this run.
        OutputError: the checkpoint cannot be written, or is one of the inputs.
        DivergedError: the loss was not a finite number from the very start.
    """
    files = [*plan.inputs.files, *_weights_file(plan.weights)]
    if checkpoint is not None:
        read = {f"the input {path.name}": path for path in files}
        validate_distinct_paths({"the checkpoint": checkpoint}, read)
    if check_memory:
        plan.validate_memory()
    checkpoint_file = Checkpoint(checkpoint, plan)
    # A notebook's kernel is ended by its server, which asks the reader first.
    signals = nullcontext() if in_notebook() else ending_signals()
    with signals, _ProgressBar(plan.cost, shown=progress) as bar:
        return _run_to_end(plan, bar, callback, checkpoint_file)


class _ProgressBar:
    """The cost estimate in words, then a progress bar with the time left."""

    def __init__(self, cost: CostEstimate, *, shown: bool | str) -> None:
        file = progress_stream()
        if isinstance(shown, str):
            print(shown, file=file)
        if shown:
            print(cost, file=file, flush=True)
        self.bar = progress_bar(shown=bool(shown))

    def show(self, progress: Progress) -> None:
        """Move the bar to where the run is."""
        stage, step = progress.stages[progress.stage], progress.step
        self.bar.set_postfix_str(
            f"{max(stage.height, stage.width)} px, loss {step.loss:.3g}", refresh=False
        )
        if not self.bar.n:  # compiling, or what is resumed, says nothing about the time of a step
            self.bar.reset()
            self.bar.n = self.bar.last_print_n = progress.share
            self.bar.refresh()
        self.bar.update(progress.share - self.bar.n)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.close()


def _weights_file(weights: WeightsSource) -> list[Path]:
    return [Path(weights)] if isinstance(weights, str | PathLike) and weights != LEARNED else []


def _run_to_end(
    plan: Plan,
    bar: _ProgressBar,
    callback: Callable[[Progress], object] | None,
    checkpoint_file: Checkpoint,
) -> Result:
    """Result of a run: its last good picture, however the run ends."""
    progress, stopped, signal = None, None, None
    try:
        for progress in transfer_steps(plan, resume=checkpoint_file.load()):
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
        stopped, signal = _describe_stop(error, progress)
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
    checkpoint = [] if checkpoint_file.path is None else [checkpoint_file.path.absolute()]
    inputs, image = plan.inputs, progress.image
    return Result(
        image=image,
        settings=plan.settings,
        history=progress.history,
        seconds=progress.history[-1].seconds,
        stopped=stopped,
        signal=signal,
        styles=inputs.metadata,
        start=inputs.start_name,
        rights=inputs.rights,
        inputs=(*inputs.files, *_weights_file(plan.weights), *checkpoint),
        alpha=None if inputs.alpha is None else resize_mask(inputs.alpha, *image.shape[:2]),
        dots_per_inch=inputs.dots_per_inch,
    )


def _describe_stop(error: BaseException, progress: Progress) -> tuple[str, Signals | None]:
    """Why a run ended before its last step, in words, and the signal, if any; it may also warn."""
    if isinstance(error, Terminated):
        return f"ended by {error.signal.name} {_describe_position(progress)}", error.signal
    if isinstance(error, KeyboardInterrupt):
        return f"interrupted {_describe_position(progress)}", Signals.SIGINT
    warnings.warn(f"The last good picture was kept. {error}", RuntimeWarning, stacklevel=5)
    return f"stopped {_describe_position(progress)}: {error}", None


def _describe_position(progress: Progress) -> str:
    stage = progress.stages[progress.stage]
    return f"at step {progress.step.iteration} of {stage.steps}, {stage.width} × {stage.height} px"
