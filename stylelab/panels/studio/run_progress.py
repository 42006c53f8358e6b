"""Progress of a run: speed, time left, changes of weights, and the result so far."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from stylelab.panels.studio.presets import layer_weights_of
from stylelab.panels.studio.run_state import State, WeightChange
from stylelab.pipeline.result import Result
from stylelab.pipeline.settings import WEIGHT_SETTINGS

if TYPE_CHECKING:
    from stylelab.panels.studio.run_state import Job, LiveWeights, Snapshot
    from stylelab.pipeline.progress import Progress, Record
    from stylelab.pipeline.settings import Settings

SPEED_WINDOW = 8
"""Number of last steps that the speed is measured on."""

STAGE_SETUP_STEPS = 3
"""Cost of starting a size, in steps: target features, and compilation."""


def describe_weight_changes(before: Settings, after: Settings) -> str:
    """Weights that differ, in words: "style weight 10 → 30, style layer block1_conv1 1 → 2"."""
    old, new = _weights(before), _weights(after)
    return ", ".join(
        f"{name} {old[name]:.3g} → {new[name]:.3g}"
        for name in old
        if name in new and old[name] != new[name]
    )


def _weights(settings: Settings) -> dict[str, float]:
    weights = {name.replace("_", " "): getattr(settings, name) for name in WEIGHT_SETTINGS}
    for kind, layers in reversed(layer_weights_of(settings).items()):
        prefix = kind.replace("_layers", " layer")
        weights |= {f"{prefix} {name}": weight for name, weight in layers.items()}
    return weights


def with_progress(snapshot: Snapshot, progress: Progress, asked: LiveWeights | None) -> Snapshot:
    """Snapshot after a step, with speed, time left, and the weights that the step had."""
    job, changes = snapshot.job, snapshot.changes
    if job is None or asked is None:  # a run has a job
        raise AssertionError
    changed = progress.history[-1].changed
    if changed:
        texts = (describe_weight_changes(job.settings, asked.settings), asked.words)
        change = WeightChange(len(progress.history) - 1, ", ".join(filter(None, texts)))
        changes = (*changes, change)
    if changed or snapshot.progress is None:
        job = asked.apply_to(job)
    stages, number = progress.stages, progress.stage
    pace = _seconds_per_pixel(progress.history)
    pixels = [stage.height * stage.width for stage in stages]
    left = pixels[number] * (stages[number].steps - progress.step.iteration) + sum(
        pixels[later] * (stages[later].steps + STAGE_SETUP_STEPS)
        for later in range(number + 1, len(stages))
    )
    return replace(
        snapshot,
        job=job,
        progress=progress,
        changes=changes,
        steps_done=sum(stage.steps for stage in stages[:number]) + progress.step.iteration,
        steps_total=sum(stage.steps for stage in stages),
        speed=None if pace is None else 1 / (pace * pixels[number]),
        seconds_left=None if pace is None else pace * left,
    )


def _seconds_per_pixel(history: tuple[Record, ...]) -> float | None:
    """Seconds per pixel and step over the last steps at one size; at first, of the size before."""
    for number in (history[-1].stage, history[-1].stage - 1):
        recent = [record for record in history if record.stage == number][-SPEED_WINDOW - 1 :]
        if len(recent) > 1:
            seconds = recent[-1].seconds - recent[0].seconds
            evaluations = len(recent) - 1
            return max(seconds, 1e-9) / (evaluations * recent[-1].height * recent[-1].width)
    return None


def result_so_far(
    snapshot: Snapshot, state: State, message: str, *, keep_optimizer_size: bool = False
) -> Result | None:
    """Result of a run that has ended in a state; None if there was no picture."""
    progress, job = snapshot.progress, snapshot.job
    if progress is None or job is None:
        return None
    stopped = None
    if state is not State.FINISHED:
        stopped = f"stopped {_position_text(progress)}{f': {message}' if message else ''}"
    return result_of(job, progress, stopped, keep_optimizer_size=keep_optimizer_size)


def result_of(
    job: Job, progress: Progress, stopped: str | None, *, keep_optimizer_size: bool = False
) -> Result:
    """Result with the best picture so far, at the size of the settings.

    With `keep_optimizer_size`, its size and colours are the optimizer's, which needs no more memory.
    """
    return Result(
        image=progress.best.image if keep_optimizer_size else progress.image,
        settings=job.settings,
        history=progress.history,
        seconds=progress.history[-1].seconds,
        stopped=stopped,
        styles=None if job.inputs.metadata is None else job.inputs.styles.describe(),
    )


def final_message(snapshot: Snapshot, state: State, message: str, *, kept: bool) -> str:
    """Text about the end of a run."""
    progress = snapshot.progress
    if state is State.FAILED:
        return f"{message} The last good picture was kept." if kept else message
    if progress is None:
        return "Stopped before the first picture."
    if state is State.STOPPED:
        return f"Stopped {_position_text(progress)}."
    seconds = progress.history[-1].seconds
    early = progress.step.iteration < progress.stages[-1].steps
    why = " No step lowers the loss any more." if early else ""
    return f"Finished: {snapshot.steps_done} steps in {seconds:.0f} s.{why}"


def _position_text(progress: Progress) -> str:
    stage = progress.stages[progress.stage]
    return f"at step {progress.step.iteration} of {stage.steps}, {stage.width} × {stage.height} px"
