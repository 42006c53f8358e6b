"""The table of a batch: a row for each job, with all settings, losses and costs."""

import csv
import json
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from job_records import make_record, make_sweep
from optional_tools import needs_pyarrow

import stylelab as sl
from stylelab.batches.table import (
    make_table,
    python_call,
    save_table,
    select_records,
    value_texts,
    varying_names,
)
from stylelab.errors import OutputError, SettingsError
from stylelab.pipeline.settings import Settings


def test_a_row_has_every_setting_the_loss_by_term_and_the_costs(tmp_path: Path) -> None:
    row = make_table([make_record(tmp_path, 0.4, style_weight=3, seed=7)])[0]
    assert {one.name for one in fields(Settings)} < set(row)
    assert (row["style_weight"], row["seed"], row["size"]) == (3, 7, Settings.size)
    assert (row["photo"], row["painting"]) == ("photos/cat.jpg", "night.jpg")
    assert row["loss"] == pytest.approx(row["content_loss"] + row["style_loss"])
    assert (row["content_score"], row["style_score"]) == (0.3, 0.07)
    assert (row["seconds"], row["memory"], row["state"]) == (63.2, 1_400_000_000, "done")
    assert Path(row["picture"]).is_file()


def test_rows_of_other_terms_and_states_have_the_same_columns(tmp_path: Path) -> None:
    done = make_record(tmp_path, 0.4)
    smooth = replace(done, terms=dict(done.terms) | {"total_variation": 0.1})
    rows = make_table([done, make_record(tmp_path, state="failed"), smooth])
    assert [list(row) for row in rows] == [list(rows[0])] * 3
    assert [row["total_variation_loss"] for row in rows] == [None, None, 0.1]
    assert rows[1]["error"] == "Expected a picture. Received: <b>none</b>."


def test_csv_gives_back_what_went_in(tmp_path: Path) -> None:
    name = 'Kätzchen, "1";\n猫 #7.jpg'
    records = [make_record(tmp_path / "jobs", photo=name, style_layers={"block1_conv1": 2.0})]
    path = save_table(tmp_path / "table.csv", records)
    with path.open(encoding="utf-8", newline="") as file:
        row = next(csv.DictReader(file))
    assert row["photo"] == name
    assert json.loads(row["style_layers"]) == {"block1_conv1": 2.0}
    assert (row["tile"], float(row["loss"])) == ("", 0.5)


@needs_pyarrow
def test_parquet_keeps_types(tmp_path: Path) -> None:
    from pyarrow import parquet

    records = make_sweep(tmp_path / "jobs", style_weight=[3, 0.5], seed=[0, 1])
    path = save_table(tmp_path / "table.parquet", records)
    assert parquet.read_table(path).to_pylist() == make_table(records)


def test_a_table_of_another_kind_or_without_pyarrow_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(OutputError, match=r"pip install pyarrow; or choose \.csv"):
        save_table(tmp_path / "a.parquet", [])
    with pytest.raises(OutputError, match=r"\.csv or \.parquet"):
        save_table(tmp_path / "a.xlsx", [])
    with pytest.raises(OutputError, match="writing failed"):
        save_table(tmp_path / "nowhere" / "a.csv", [])


def test_names_that_differ_are_found(tmp_path: Path) -> None:
    records = make_sweep(tmp_path, photo=["a.jpg", "b.jpg"], seed=[1], style_weight=[3, 30])
    assert varying_names(records) == ["photo", "style_weight"]
    assert varying_names(records[:1]) == []


def test_jobs_are_chosen_by_a_value_or_by_a_stem(tmp_path: Path) -> None:
    records = make_sweep(tmp_path, photo=["p/a.jpg", "p/b.jpg"], seed=[1, 2])
    assert select_records(records, {"photo": "b", "seed": 2}) == (records[3],)
    assert select_records(records, {"photo": "p/a.jpg"}) == tuple(records[:2])
    with pytest.raises(SettingsError, match=r"Expected seed as one of 1, 2\. Received: 3"):
        select_records(records, {"seed": 3})
    with pytest.raises(SettingsError, match=r"'sed'\. There is: photo, seed"):
        select_records(records, {"sed": 1})


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([0.5, 3.0, 30, None], ["0.5", "3", "30", "None"]),
        (["p/a.jpg", "p/b.jpg"], ["a", "b"]),
        (["p/a.jpg", "q/a.jpg"], ["p/a.jpg", "q/a.jpg"]),
        (["p/a.jpg + p/b.jpg", "cat"], ["a + b", "cat"]),
        ([["block1_conv1"], {"block1_conv1": 2.0}], ["block1_conv1", "block1_conv1=2"]),
    ],
)
def test_values_are_short_in_captions_but_never_the_same(
    values: list[Any], texts: list[str]
) -> None:
    assert value_texts(values) == texts


def test_the_python_call_is_that_of_the_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings: dict[str, Any] = {
        "style_weight": 3,
        "style_layers": {"block1_conv1": 2.0},
        "tile": 128,
    }
    record = make_record(
        tmp_path, photo='it\'s "mine".jpg', paintings=["a.jpg", "b.jpg"], **settings
    )
    called = []
    monkeypatch.setattr(sl, "transfer", lambda *given, **options: called.append((given, options)))
    eval(python_call(record), {"sl": sl})  # noqa: S307 - our own text
    assert called == [(('it\'s "mine".jpg', ["a.jpg", "b.jpg"]), settings)]
    random = replace(record, job=dict(record.job) | {"weights": None})
    assert python_call(random).endswith(", weights=None)")


def test_starts_masks_and_rights_that_were_given_are_columns(tmp_path: Path) -> None:
    plain = make_record(tmp_path, start="noise")
    given = {"start": "sketch.png", "keep": "sky.png", "creator": "A. Reader", "licence": "CC0"}
    record = replace(plain, job=dict(plain.job) | given)
    first, second = make_table([plain, record])
    assert list(first) == list(second)
    assert {name: second[name] for name in given} == given
    assert [first[name] for name in given] == ["noise", None, None, None]
    assert python_call(record).endswith(", start='sketch.png', keep='sky.png')")
