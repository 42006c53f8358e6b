"""Progress of a run: speed, time left, changes of weights, the result so far, and all in words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from stylelab.panels.messages import format_number
from stylelab.panels.studio.run_state import State
from stylelab.panels.studio.settings_form import differences
from stylelab.panels.studio.weight_changes import WeightChange, describe_weight_changes
from stylelab.pipeline.result import Result

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stylelab.panels.studio.reports import Stepped
    from stylelab.panels.studio.run_state import Run
    from stylelab.pipeline.progress import Progress, Record
    from stylelab.pipeline.settings import Settings

SPEED_WINDOW = 8
"""Number of last steps that the speed is measured on."""

STAGE_SETUP_STEPS = 3
"""Cost of starting a size, in steps: target features, and the first evaluation."""

MAX_FRAMES = 240
"""Small pictures kept of a run; of more, every second, fourth, eighth, …, and the last one."""


def with_step(run: Run, stepped: Stepped) -> Run:
    """Run after a step, with speed, time left, and the weights that the step had."""
    progress, order = stepped.progress, stepped.order
    if run.progress is not None:
        known = len(run.progress.history)
    else:
        known = len(run.resume.history) if run.resume else 0
    records = [
        number
        for number, record in enumerate(progress.history[known:], known)
        if record.changed and number
    ]
    changes = run.changes
    if records:
        differing = order.selection.differences(run.selection)
        texts = (describe_weight_changes(run.settings, order.settings), "; ".join(differing))
        if any(texts):
            changes = (*changes, WeightChange(records[-1], ", ".join(filter(None, texts))))
    if records or run.progress is None:
        run = replace(run, settings=order.settings, selection=order.selection)
    stages, number = progress.stages, progress.stage
    pace = _seconds_per_pixel(progress.history)
    pixels = [stage.height * stage.width for stage in stages]
    left = pixels[number] * (stages[number].steps - progress.step.iteration) + sum(
        pixels[later] * (stages[later].steps + STAGE_SETUP_STEPS)
        for later in range(number + 1, len(stages))
    )
    run = _with_frame(run, stepped.frame) if stepped.frame else run
    return replace(
        run,
        progress=progress,
        changes=changes,
        styles=stepped.styles,
        steps_total=sum(stage.steps for stage in stages),
        speed=None if pace is None else 1 / (pace * pixels[number]),
        seconds_left=None if pace is None else pace * left,
    )


def _with_frame(run: Run, frame: bytes) -> Run:
    """Run with another small picture, all of them equally far apart but the last."""
    frames, stride, last = run.frames, _frame_stride(run.frame_count), run.frame_count - 1
    if last % stride:  # it was kept only as the last one
        frames = frames[:-1]
    if _frame_stride(run.frame_count + 1) > stride:
        frames = frames[::2]
    return replace(run, frames=(*frames, frame), frame_count=run.frame_count + 1)


def kept_frame(before: Run, after: Run, frame: int) -> int:
    """Which of a run's small pictures one of those before is, or the last kept one before it."""
    places = {id(each): place for place, each in enumerate(after.frames)}
    return next(places[id(each)] for each in before.frames[frame::-1] if id(each) in places)


def _frame_stride(count: int) -> int:
    """Of so many small pictures, each how many-th is kept beside the last one."""
    stride = 1
    while (count - 2) // stride + 2 > MAX_FRAMES:
        stride *= 2
    return stride


def _seconds_per_pixel(history: tuple[Record, ...]) -> float | None:
    """Seconds per pixel and step over the last steps at one size; at first, of the size before."""
    for number in (history[-1].stage, history[-1].stage - 1):
        recent = [record for record in history if record.stage == number][-SPEED_WINDOW - 1 :]
        if len(recent) > 1:
            seconds = recent[-1].seconds - recent[0].seconds
            evaluations = len(recent) - 1
            return max(seconds, 1e-9) / (evaluations * recent[-1].height * recent[-1].width)
    return None


def result_of(
    progress: Progress,
    settings: Settings,
    stopped: str | None,
    styles: Sequence[Mapping[str, Any]] | None = None,
    *,
    keep_optimizer_size: bool = False,
) -> Result:
    """Result with the best picture so far, at the size of the settings.

    With `keep_optimizer_size`, its size and colours are the optimizer's, which needs no more memory.
    """
    return Result(
        image=progress.best.image if keep_optimizer_size else progress.image,
        settings=settings,
        history=progress.history,
        seconds=progress.history[-1].seconds,
        stopped=stopped,
        styles=styles,
    )


def has_own_step(progress: Progress, resume: Progress | None) -> bool:
    """Whether a run has taken a step; if it goes on from another one, one beyond that one's."""
    before = (0, 0) if resume is None else (resume.stage, resume.step.iteration)
    return (progress.stage, progress.step.iteration) > before


def current_result(run: Run) -> Result | None:
    """Picture of a run so far as a result; None if it has no picture."""
    if run.result is not None or run.progress is None:
        return run.result
    stopped = f"saved at step {run.steps_done} of {run.steps_total}"
    return result_of(run.progress, run.settings, stopped, run.styles)


def final_message(run: Run, state: State, error: str) -> str:
    """Text about the end of a run; its result is set if it has one."""
    progress = run.progress
    if state is State.FAILED:
        return f"{error} The last good picture was kept." if run.result else error
    if progress is None or not has_own_step(progress, run.resume):
        if run.resume is not None and state is State.FINISHED:
            return "Finished: no step lowers the loss any more."
        return "Stopped before the first step."
    if state is State.STOPPED:
        return f"Stopped {position_text(progress)}."
    seconds = progress.history[-1].seconds
    early = progress.step.iteration < progress.stages[-1].steps
    why = " No step lowers the loss any more." if early else ""
    return f"Finished: {run.steps_done} steps in {seconds:.0f} s.{why}"


def position_text(progress: Progress) -> str:
    """Where a run has arrived: "at step 3 of 20, 128 × 85 px"."""
    stage = progress.stages[progress.stage]
    return f"at step {progress.step.iteration} of {stage.steps}, {stage.width} × {stage.height} px"


def describe_run(run: Run, before: Run | None) -> str:
    """How a run differs from the one before it, in words."""
    settings = run.settings
    if run.place is not None:
        return f"{run.place.row}, {run.place.column}"
    if before is None:
        return f"{run.selection.name}, style {format_number(settings.style_weight)}"
    parts = run.selection.differences(before.selection)
    parts += differences(before.settings, settings)
    return "; ".join(parts) or "the same settings"
