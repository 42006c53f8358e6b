"""Measurement behind the tables of notebook 14: runs of several pairs, each differing in one thing.

The scores are stored in `advice_runs.json`. This makes them again, in about five minutes on two cores:

    python -m stylelab.course.advice_runs
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.course.experiments import Experiment, Judge, grain
from stylelab.network.weights import random_weights
from stylelab.samples.catalogue import sample

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stylelab.course.experiments import Trial
    from stylelab.pictures.images import Picture

TABLE = Path(__file__).with_suffix(".json")
"""The stored table."""

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

BLOCKS = [f"block{block}_conv1" for block in range(1, 6)]

Record = dict[str, Any]


def faint(picture: Picture) -> Picture:
    """Return a picture at a quarter of its contrast, around middle gray."""
    return np.float32(0.5) + np.float32(0.25) * (picture - np.float32(0.5))


def measure_pair(photo: str, painting: str) -> Iterator[Record]:
    """Run everything that differs from the usual in one thing, and yield the scores."""
    pair = {"photo": photo, "painting": painting}
    place = Experiment(sample(photo), sample(painting, size=SIZE), size=SIZE, steps=STEPS)
    by_max = Judge(place.photo, place.painting, pooling="max")
    weak = faint(place.painting)
    judges = {
        "usual": {"style_by_max": by_max},
        "max pooling": {"style_by_max": by_max},
        "a quarter of the contrast": {
            "style": Judge(place.photo, weak),
            "style_in_one_unit": Judge(place.photo, weak, unit=place.painting),
        },
    }
    trials: dict[str, dict[str, Any]] = {
        "usual": {"steps": 2 * STEPS},
        "a quarter of the contrast": {"painting": weak, "steps": 2 * STEPS},
        "block 1 alone": {"style_layers": BLOCKS[:1]},
        "block 5 alone": {"style_layers": BLOCKS[4:]},
        "λ = 1": {"style_weight": 1},
        "λ = 100": {"style_weight": 100},
        "max pooling": {"pooling": "max", "steps": 2 * STEPS},
        "noise": {"start": "noise", "steps": 2 * STEPS},
        "random weights": {"weights": random_weights},
    }
    for name, changes in trials.items():
        for seed in (1, 2) if name in ("noise", "random weights") else (0,):
            seeded = {"weights": random_weights(seed)} if "weights" in changes else {"seed": seed}
            trial = place.run(**(changes | seeded))
            own = pair | {"trial": name, "seed": seed}
            yield from _score(own, trial, {"style": place.judge} | judges.get(name, {}))


def measure_photo(photo: str) -> Iterator[Record]:
    """Run one photo with each of the paintings and with a blend of four, and yield the scores."""
    paintings = {name: sample(name, size=SIZE) for name in PAINTINGS}
    place = Experiment(sample(photo), paintings["swirling_night"], size=SIZE, steps=STEPS)
    for name, painting in paintings.items():
        judges = {
            "style": place.judge_for(painting),
            "style_in_one_unit": Judge(place.photo, painting, unit=place.painting),
        }
        own = {"photo": photo, "painting": name, "trial": "alone", "seed": 0}
        yield from _score(own, place.run(painting=painting), judges)
    blend = place.run(painting=[paintings[name] for name in FOUR])
    for name in FOUR:
        own = {"photo": photo, "painting": name, "trial": "blend of four", "seed": 0}
        yield from _score(own, blend, {"style": place.judge_for(paintings[name])})


def _score(own: Record, trial: Trial, judges: dict[str, Judge]) -> Iterator[Record]:
    for steps in (STEPS, 2 * STEPS):
        if steps in trial.saved_images:
            image = trial.image_after(steps)
            scores = {name: judge(image) for name, judge in judges.items()}
            numbers = {name: _rounded(score.style) for name, score in scores.items()}
            numbers["content"] = _rounded(scores["style"].content)
            yield own | {"steps": steps} | numbers | {"grain": _rounded(grain(image))}


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


if __name__ == "__main__":
    measured: list[Record] = []
    for measure, of in ((measure_pair, PAIRS), (measure_photo, [(photo,) for photo in PHOTOS])):
        for names in of:
            for record in measure(*names):
                measured.append(record)
                save_records(measured)
