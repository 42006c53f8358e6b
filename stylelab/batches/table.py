"""A batch as a table: a row for each picture, with all settings, its loss by term, and what it cost."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylelab.errors import OutputError, SettingsError
from stylelab.pictures.atomic_files import atomic_write
from stylelab.pictures.paths import expand_home
from stylelab.pipeline.settings import Settings

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from stylelab.batches.jobs import JobRecord


def make_table(records: Sequence[JobRecord]) -> list[dict[str, Any]]:
    """A row for each record, all with the same columns, as numbers, text and None.

    Columns are the name and state of the job; `photo`, `painting` and every setting; `loss`, and one
    such as `style_loss` for each of its terms, times its weight; `content_score` and `style_score`,
    distances by which pictures of one photo and painting can be compared; `seconds` of the optimizer;
    `memory`, bytes at the peak; `picture`, a path; and `error`. What has parts, such as layers, is
    JSON.
    """
    terms = list(dict.fromkeys(term for record in records for term in record.terms))
    return [
        {
            "name": record.name,
            "state": record.state,
            **{name: _to_cell(value) for name, value in job_values(record).items()},
            "loss": record.loss,
            **{f"{term}_loss": record.terms.get(term) for term in terms},
            **{f"{name}_score": record.scores.get(name) for name in ("content", "style")},
            "seconds": record.seconds,
            "memory": record.memory,
            "picture": None if record.picture is None else str(record.picture),
            "error": record.error,
        }
        for record in records
    ]


def save_table(path: str | os.PathLike[str], records: Sequence[JobRecord]) -> Path:
    """Save the table as CSV (UTF-8), or as Parquet if pyarrow is installed, and return its path.

    Raises:
        OutputError: its name ends in neither .csv nor .parquet, pyarrow is missing, or the table
            cannot be written.
    """
    target = expand_home(path)
    encode = {".csv": encode_csv, ".parquet": _encode_parquet}.get(target.suffix.lower())
    if encode is None:
        raise OutputError(
            f"Expected a table's name that ends in .csv or .parquet. Received: {str(target)!r}. "
            "Add one of these endings."
        )
    return write_file(target, encode(make_table(records)))


def write_file(path: Path, content: bytes) -> Path:
    """Write a file atomically, and return its path.

    Raises:
        OutputError: it cannot be written.
    """
    try:
        with atomic_write(path) as file:
            file.write(content)
    except OSError as error:
        raise OutputError(
            f"Expected a place to write {path.name!r} in. Received: {str(path.parent)!r}, where "
            f"writing failed ({error}). Check the free space, or choose another folder."
        ) from error
    return path


def job_values(record: JobRecord) -> dict[str, Any]:
    """What went into a job, by name: pictures, weights, creator, licence, and all settings."""
    job = record.job
    return {
        "photo": job["photo"],
        "painting": " + ".join(job["paintings"]),
        **{name: job.get(name) for name in ("keep", "weights", "creator", "licence")},
        **record.settings,
        "start": job.get("start", record.settings["start"]),
    }


def varying_names(records: Sequence[JobRecord]) -> list[str]:
    """Which of `job_values` differ among the records."""
    found: dict[str, set[str]] = {}
    for record in records:
        for name, value in job_values(record).items():
            found.setdefault(name, set()).add(json.dumps(value, sort_keys=True))
    return [name for name, values in found.items() if len(values) > 1]


def select_records(
    records: Sequence[JobRecord], chosen: Mapping[str, Any]
) -> tuple[JobRecord, ...]:
    """Records with the values that were chosen; a photo or painting may be named by its stem.

    Raises:
        SettingsError: a name is none of `job_values`, or nothing has that value.
    """
    for name, wanted in chosen.items():
        validate_job_name(name, records)
        text = value_text(wanted)
        left = [one for one in records if _has_value(job_values(one)[name], wanted)]
        if not left:
            there = dict.fromkeys(value_text(job_values(one)[name]) for one in records)
            raise SettingsError(
                f"Expected {name} as one of {', '.join(there) or 'no values'}. Received: {text}."
            )
        records = left
    return tuple(records)


def validate_job_name(name: str, records: Sequence[JobRecord]) -> None:
    """Raise a `SettingsError` unless jobs have a value of that name."""
    names = [*job_values(records[0])] if records else []
    if name not in names:
        varying = varying_names(records)
        raise SettingsError(
            "Expected the name of something that jobs differ in. Received: "
            f"{name!r}. There is: {', '.join(varying) or 'nothing'}."
        )


def value_text(value: object) -> str:
    """A value in a caption: a number in short, a picture's stem, layers by name."""
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={value_text(one)}" for name, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(value_text, value))
    if isinstance(value, str):
        return " + ".join(Path(one).stem or one for one in value.split(" + "))
    return str(value)


def value_texts(values: Sequence[Any]) -> list[str]:
    """Texts of values, none twice: where stems are the same, whole names."""
    short = [value_text(value) for value in values]
    different = {json.dumps(value, sort_keys=True) for value in values}
    return short if len(set(short)) == len(different) else [str(value) for value in values]


def python_call(record: JobRecord) -> str:
    """The call of `transfer` that paints the picture again."""
    paintings = record.job["paintings"]
    painting = paintings[0] if len(paintings) == 1 else list(paintings)
    defaults = Settings().describe()
    changed = {
        name: value for name, value in record.settings.items() if value != defaults.get(name)
    }
    changed |= {name: record.job[name] for name in ("start", "keep") if name in record.job}
    if record.job["weights"] is None:
        changed["weights"] = None
    settings = "".join(f", {name}={value!r}" for name, value in changed.items())
    return f"sl.transfer({record.job['photo']!r}, {painting!r}{settings})"


def _has_value(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, tuple):
        wanted = list(wanted)
    return bool(value == wanted) or (isinstance(wanted, str) and value_text(value) == wanted)


def _to_cell(value: Any) -> Any:
    is_plain = value is None or isinstance(value, str | int | float)
    return value if is_plain else json.dumps(value, ensure_ascii=False)


def encode_csv(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Rows as CSV, in UTF-8; None is an empty cell."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]) if rows else ["name"])
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8", "replace")


def _encode_parquet(rows: Sequence[Mapping[str, Any]]) -> bytes:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        raise OutputError(
            "Expected pyarrow for a table as Parquet. Received: no such package here. "
            "Run: pip install pyarrow; or choose .csv."
        ) from error
    buffer = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(list(rows)), buffer)
    return buffer.getvalue()
