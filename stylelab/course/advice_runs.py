"""Measurement behind the tables of notebook 14: runs of several pairs, each differing in one thing.

Nearly all of them are a batch, whose plan anyone can run again, in some minutes on two cores:

    stylelab batch stylelab/course/advice_plan.toml -o advice

Two are experiments, as no plan can say them: a painting of less contrast, and random weights. This runs
them, scores all pictures, and stores the scores in `advice_runs.json`. It paints what the folder lacks:

    python -m stylelab.course.advice_runs advice
"""

from __future__ import annotations

import json
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.batches.jobs import PICTURE
from stylelab.batches.plan_file import read_plan
from stylelab.batches.run_batch import run_batch
from stylelab.course.experiments import Experiment
from stylelab.losses.judge import Judge, grain
from stylelab.network.weights import random_weights
from stylelab.pictures.images import load_image, resize
from stylelab.samples.catalogue import sample

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from stylelab.batches.jobs import Job
    from stylelab.pictures.images import Picture
    from stylelab.pipeline.settings import Settings

TABLE = Path(__file__).with_suffix(".json")
"""The stored table."""

PLAN = Path(__file__).with_name("advice_plan.toml")
"""Plan of the batch."""

SIZE, STEPS = 128, 20
"""Long side of the pictures, in pixels, and steps of a run; some are run for twice as many."""

PHOTOS = ("cat", "coffee", "astronaut", "rocket")
PAINTINGS = ("watercolour_wash", "swirling_night", "ink_hatching", "brush_garden", "woodcut_waves")
FOUR = PAINTINGS[1:]
"""The paintings of the blend."""

PAIRS = (
    ("cat", "swirling_night"),
    ("coffee", "woodcut_waves"),
    ("astronaut", "brush_garden"),
    ("rocket", "ink_hatching"),
    ("cat", "woodcut_waves"),
    ("coffee", "swirling_night"),
)
"""Pairs for the pieces of advice that take one painting."""

TRIALS: dict[str, dict[str, Any]] = {
    "block 1 alone": {"style_layers": "block1_conv1"},
    "block 5 alone": {"style_layers": "block5_conv1"},
    "λ = 1": {"style_weight": 1},
    "λ = 100": {"style_weight": 100},
    "max pooling": {"pooling": "max"},
    "noise": {"start": "noise"},
}
"""What differs from the usual in a trial of the batch."""

Record = dict[str, Any]


def faint(picture: Picture) -> Picture:
    """Return a picture at a quarter of its contrast, around middle gray."""
    return np.float32(0.5) + np.float32(0.25) * (picture - np.float32(0.5))


def score_job(job: Job, image: Picture) -> Iterator[Record]:
    """Yield the scores of a picture of the batch, for each trial that it is part of."""
    photo, names = job.photo.name, [Path(one.name).stem for one in job.paintings]
    facts = {"seed": job.settings.seed, "steps": job.settings.steps}
    for name in names:
        for trial in _find_trials(photo, names, job.settings):
            judges = {"style": _judge(photo, name)}
            if trial in ("usual", "max pooling"):
                judges["style_by_max"] = _judge(photo, name, pooling="max")
            if trial == "alone":
                judges["style_in_one_unit"] = _judge(photo, name, unit="swirling_night")
            pair = {"photo": photo, "painting": name, "trial": trial}
            yield pair | facts | _score(image, judges)


def _find_trials(photo: str, paintings: list[str], settings: Settings) -> list[str]:
    """Names of the trials that a picture is part of: a pair's usual run is also a painting alone."""
    if len(paintings) > 1:
        return ["blend of four"]
    for name, changes in TRIALS.items():
        if all(getattr(settings, setting) == value for setting, value in changes.items()):
            return [name]
    usual = ["usual"] if (photo, paintings[0]) in PAIRS else []
    return [*usual, "alone"] if settings.steps == STEPS else usual


@cache
def _judge(photo: str, painting: str, *, unit: str | None = None, **network: Any) -> Judge:
    return Judge(
        resize(sample(photo), SIZE),
        sample(painting, SIZE),
        unit=None if unit is None else sample(unit, SIZE),
        **network,
    )


def measure_pair(photo: str, painting: str) -> Iterator[Record]:
    """Run what no plan can say, a faint painting and random weights, and yield the scores."""
    pair = {"photo": photo, "painting": painting}
    place = Experiment(sample(photo), sample(painting, SIZE), size=SIZE, steps=STEPS)
    weak = faint(place.painting)
    judges = {
        "style": Judge(place.photo, weak),
        "style_in_one_unit": Judge(place.photo, weak, unit=place.painting),
    }
    run = place.run(painting=weak, steps=2 * STEPS)
    for steps in (STEPS, 2 * STEPS):
        facts = {"trial": "a quarter of the contrast", "seed": 0, "steps": steps}
        yield pair | facts | _score(run.image_after(steps), judges)
    for seed in (1, 2):
        image = place.run(weights=random_weights(seed)).image
        facts = {"trial": "random weights", "seed": seed, "steps": STEPS}
        yield pair | facts | _score(image, {"style": place.judge})


def _score(image: Picture, judges: Mapping[str, Judge]) -> Record:
    scores = {name: judge(image) for name, judge in judges.items()}
    numbers = {name: score.style for name, score in scores.items()}
    numbers |= {"content": scores["style"].content, "grain": grain(image)}
    return {name: _rounded(number) for name, number in numbers.items()}


def _rounded(number: float) -> float:
    return float(f"{number:.4g}")


def load_records() -> list[Record]:
    """Return the stored scores, a record for each run and number of steps."""
    records: list[Record] = json.loads(TABLE.read_text("utf-8"))
    return records


def pick(records: Sequence[Record], **wanted: Any) -> list[Record]:
    """Return the records that have these values: `pick(records, trial="usual", steps=40)`."""
    return [one for one in records if all(one[key] == value for key, value in wanted.items())]


def ratios(
    records: Sequence[Record],
    trial: str,
    base: str = "usual",
    *,
    score: str = "style",
    base_score: str | None = None,
    steps: int = STEPS,
    base_steps: int | None = None,
) -> list[float]:
    """Return a score of each run of a trial over that of the base's run with the same pair.

    Args:
        records: the stored scores.
        trial: name of the trial.
        base: name of the trial that it is compared with.
        score: the score: `"style"`, `"style_in_one_unit"`, `"style_by_max"`, `"content"`, `"grain"`.
        base_score: the base's score, if another.
        steps: after how many steps.
        base_steps: after how many steps of the base, if others.
    """
    found = []
    for one in pick(records, trial=trial, steps=steps):
        pair = {"photo": one["photo"], "painting": one["painting"]}
        other = pick(records, trial=base, steps=base_steps or steps, **pair)[0]
        found.append(one[score] / other[base_score or score])
    return found


def summary_ratios(records: Sequence[Record]) -> dict[str, list[float]]:
    """Return the ratios of style distances for each piece of advice, by what is divided by what."""
    weak = "a quarter of the contrast"
    later: dict[str, Any] = {"steps": 2 * STEPS}
    return {
        "faint / full, one unit": ratios(
            records, weak, score="style_in_one_unit", base_score="style", steps=2 * STEPS
        ),
        "block 1 alone / five": ratios(records, "block 1 alone"),
        "block 5 alone / five": ratios(records, "block 5 alone"),
        "λ = 100 / λ = 10": ratios(records, "λ = 100"),
        "blend / one source": ratios(records, "blend of four", "alone"),
        "max / average pooling": ratios(records, "max pooling", **later),
        "noise / photo": ratios(records, "noise", **later),
        "40 steps / 20 steps": ratios(records, "usual", base_steps=STEPS, **later),
        "random / learned weights": ratios(records, "random weights"),
    }


def describe_ratios(numbers: Sequence[float]) -> str:
    """Describe ratios in words: their median, their range, and how many are above 1."""
    above = sum(number > 1 for number in numbers)
    return (
        f"{np.median(numbers):.3g} ({min(numbers):.3g} to {max(numbers):.3g}), "
        f"above 1 in {above} of {len(numbers)}"
    )


def save_records(records: Sequence[Record]) -> None:
    """Store scores, one record in a line."""
    lines = ",\n".join(json.dumps(record, ensure_ascii=False) for record in records)
    TABLE.write_text(f"[\n{lines}\n]\n", "utf-8")


def main(folder: str) -> None:
    """Paint what the batch's folder lacks, and make the table again."""
    plan = read_plan(PLAN, output=folder)
    run_batch(plan)
    pictures = {job: load_image(plan.output / job.name / PICTURE) for job in plan.jobs}
    batch = [one for job, image in pictures.items() for one in score_job(job, image)]
    save_records([*batch, *(one for pair in PAIRS for one in measure_pair(*pair))])


if __name__ == "__main__":
    main(sys.argv[1])
