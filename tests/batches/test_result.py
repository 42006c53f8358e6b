"""What a batch's result saves: table, sheets and page."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from job_records import make_record, make_sweep

from stylelab.batches.jobs import read_records
from stylelab.batches.result import BatchResult
from stylelab.errors import OutputError


def result_of(folder: Path, **lists: Sequence[Any]) -> BatchResult:
    return BatchResult(folder, tuple(make_sweep(folder, **lists)))


def test_an_overview_is_a_table_a_sheet_for_each_photo_and_a_page(tmp_path: Path) -> None:
    result = result_of(tmp_path / "out", photo=["p/a.jpg", 'p/"ä".jpg'], seed=[0, 1])
    page = result.save_overview()
    assert page == tmp_path / "out" / "index.html"
    assert "out: 4 pictures" in page.read_text("utf-8")
    assert (tmp_path / "out" / "table.csv").read_text("utf-8").count("\n") == 5
    names = [one.name for one in sorted((tmp_path / "out" / "sheets").iterdir())]
    assert names == ["001-a.jpg", "002-ä.jpg"]


def test_an_overview_is_no_job(tmp_path: Path) -> None:
    result = result_of(tmp_path, seed=[0, 1])
    result.save_overview()
    assert read_records(tmp_path) == list(result.records)


def test_an_overview_of_failed_jobs_has_no_sheets(tmp_path: Path) -> None:
    result = BatchResult(tmp_path, (make_record(tmp_path, state="failed"),))
    assert "Expected a picture" in result.save_overview().read_text("utf-8")
    assert list((tmp_path / "sheets").iterdir()) == []


def test_an_overview_is_written_again_only_if_something_has_changed(tmp_path: Path) -> None:
    result = result_of(tmp_path, seed=[0, 1])
    page = result.save_overview()
    page.write_text("mine")
    assert result.save_overview().read_text() == "mine"
    page.unlink()
    assert "2 pictures" in result.save_overview().read_text("utf-8")
    more = BatchResult(tmp_path, (*result.records, make_record(tmp_path, seed=2)))
    assert "3 pictures" in more.save_overview().read_text("utf-8")


def test_a_page_elsewhere_leads_to_the_pictures(tmp_path: Path) -> None:
    result = result_of(tmp_path / "out", seed=[0])
    page = result.save_page(tmp_path / "page.html")
    assert 'href="out/cat-night-000000000000/picture.png"' in page.read_text("utf-8")


def test_an_overview_that_cannot_be_saved_is_an_error_in_a_sentence(tmp_path: Path) -> None:
    result = result_of(tmp_path / "out", seed=[0])
    with pytest.raises(OutputError, match="writing failed"):
        result.save_page(tmp_path / "nowhere" / "page.html")
    (tmp_path / "out" / "sheets").write_bytes(b"")
    with pytest.raises(OutputError, match="sheets"):
        result.save_overview()
