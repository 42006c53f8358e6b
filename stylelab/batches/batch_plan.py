"""A batch before it runs: its jobs, what they will take, and what is wrong with which input."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from stylelab.batches.jobs import Job, JobPicture, JobRecord, count_text, read_record
from stylelab.batches.sources import PictureFinder
from stylelab.batches.sweep import combine_values, make_settings
from stylelab.errors import PictureError, SettingsError, StylelabError
from stylelab.pictures.paths import expand_home
from stylelab.pipeline.cost_estimate import estimate_cost
from stylelab.pipeline.inputs import OVERSAMPLING

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from stylelab.batches.sources import BatchPhoto
    from stylelab.pipeline.cost_estimate import CostEstimate
    from stylelab.pipeline.settings import Settings


@dataclass(frozen=True, eq=False)
class BatchPlan:
    """A batch before it runs. Made by `plan_batch` or `read_plan`.

    Attributes:
        jobs: photos × paintings × settings, each once.
        output: the folder of the jobs' folders.
        faults: a sentence for each picture that cannot be used; it has no jobs.
        summary: how many of what there are.
    """

    jobs: tuple[Job, ...]
    output: Path
    faults: tuple[str, ...] = ()
    summary: str = ""

    def records(self) -> dict[str, JobRecord]:
        """What has become of each job so far, by name, in the order of the jobs."""
        return {
            job.name: read_record(self.output / job.name) or self._new(job) for job in self.jobs
        }

    def _new(self, job: Job) -> JobRecord:
        folder = self.output / job.name
        return JobRecord(job.name, folder, job=job.describe(), settings=job.settings.describe())


def plan_batch(
    photos: Any,
    paintings: Any,
    *,
    output: str | os.PathLike[str],
    weights: Literal["learned"] | None = "learned",
    creator: str | None = None,
    licence: str | None = None,
    base: Path = Path(),
    place: Callable[[str], str] = lambda _: "",
    **settings: Any,
) -> BatchPlan:
    """Plan photos × paintings × settings, and note every fault of every input.

    Args:
        photos: as `batch` takes them.
        paintings: as `batch` takes them.
        output: as `batch` takes it.
        weights: as `batch` takes them.
        creator: as `batch` takes it.
        licence: as `batch` takes it.
        base: folder that relative paths start from.
        place: gives the words before a sentence about a picture, argument or setting, such as its
            line in a plan's file.
        **settings: those of `sl.transfer`; any may be a list of several.

    Raises:
        SettingsError: settings are wrong; all of them are named.
        PictureError: no photo or no painting can be used; all of them are named.
    """
    folder = base / expand_home(output)
    finder = PictureFinder(base, folder, place)
    found, styles = finder.photos(photos), finder.styles(paintings)
    starts = PictureFinder(base, folder, place)  # a mistake in a setting stops the batch
    if "start" in settings:
        given = settings["start"]
        several = given if isinstance(given, list | tuple) else [given]
        settings["start"] = [starts.start(one) for one in several]
    if starts.faults:
        del settings["start"]
    combinations, wrong = combine_values(settings)
    sentences = [*starts.faults.values()]
    sentences += [f"{place(name)}{sentence}" for name, sentence in wrong.items()]
    stated = {"creator": creator, "licence": licence}
    statement = {name: text for name, text in stated.items() if text is not None}
    jobs: dict[str, Job] = {}
    made: dict[str, Settings] = {}
    for photo in found if not sentences else ():
        try:
            several = _settings_of(photo, combinations, made)
        except StylelabError as error:
            sentences.append(f"{place('photos')}{photo.picture.name}: {error}")
            continue
        for style in [(photo.painting,)] if photo.painting else styles:
            for one, others in several:
                job = Job(photo.picture, style, one, weights, others, statement)
                jobs.setdefault(job.name, job)
    faults = tuple(finder.faults.values())
    if sentences:
        raise SettingsError("\n".join([*sentences, *faults]))
    if not jobs:
        missing = "photos" if not found else "paintings"
        raise PictureError(
            "\n".join([*faults, f"{place(missing)}Expected {missing} to paint. Received: none."])
        )
    return BatchPlan(tuple(jobs.values()), folder, faults, _summarise(jobs.values()))


def _settings_of(
    photo: BatchPhoto, combinations: Sequence[Mapping[str, Any]], made: dict[str, Settings]
) -> list[tuple[Settings, dict[str, JobPicture]]]:
    """Settings and other pictures of a photo's jobs; equal settings are made once."""
    several = []
    for combination in combinations:
        values = {**combination, **photo.settings}
        size = max(photo.picture.shape) if values.get("size") == "original" else None
        key = repr((values, size))
        if key not in made:
            made[key] = make_settings(values, photo.picture.shape)
        others = {"start": values.get("start"), "keep": photo.keep}
        pictures = {name: one for name, one in others.items() if isinstance(one, JobPicture)}
        several.append((made[key], pictures))
    return several


def _summarise(jobs: Iterable[Job]) -> str:
    """How many photos, styles and settings: "2 photos × 3 styles × 6 settings = 36 pictures"."""
    jobs = list(jobs)
    counts = {
        "photo": len({job.photo.digest for job in jobs}),
        "style": len({tuple(one.digest for one in job.paintings) for job in jobs}),
        "combination": len({repr((job.settings, job.others.get("start"))) for job in jobs}),
    }
    parts = [count_text(number, thing) for thing, number in counts.items()]
    total = count_text(len(jobs), "picture")
    return f"{', '.join(parts[:2])} and {parts[2]} of settings: {total}"


def forecast_costs(jobs: Iterable[Job]) -> dict[str, CostEstimate]:
    """What each job will take on this machine, by name.

    Raises:
        SettingsError: a tile is too small for the layers.
    """
    known: dict[Any, CostEstimate] = {}
    costs = {}
    for job in jobs:
        shapes = tuple(_held_shape(one.shape, job.settings) for one in (job.photo, *job.paintings))
        key = (job.photo.shape, shapes, repr(job.settings))
        if key not in known:
            known[key] = estimate_cost(job.photo.shape, job.settings, inputs=shapes)
        costs[job.name] = known[key]
    return costs


def _held_shape(shape: tuple[int, int], settings: Settings) -> tuple[int, int]:
    """Size at which an input is held in memory: see `load_input`."""
    share = min(1.0, OVERSAMPLING * settings.size / max(shape))
    return round(share * shape[0]), round(share * shape[1])
