"""The HTML page of a batch: all pictures, offline, escaped, with what a filter needs."""

import base64
import json
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
from bs4 import BeautifulSoup
from job_records import make_record, make_sweep
from PIL import Image

from stylelab.batches.page import make_page
from stylelab.batches.table import python_call

HOSTILE = "a&b <script>alert(1) \"'#%?.jpg"


def parsed(page: str) -> Any:
    return BeautifulSoup(page, "html.parser")


def test_each_picture_is_there_with_its_losses_its_call_and_a_link_to_the_whole_one(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "ä & b #1%"
    records = make_sweep(folder, style_weight=[3, 30], seed=[0, 1])
    page = parsed(make_page(records, folder, "results"))
    assert "less is closer" in page.header.text
    articles = page.find_all("article")
    assert len(articles) == 4
    for article, record, shade in zip(articles, records, np.linspace(0.1, 0.8, 4), strict=True):
        data = article.img["src"].removeprefix("data:image/webp;base64,")
        with Image.open(BytesIO(base64.b64decode(data))) as small:
            assert small.size == (int(article.img["width"]), int(article.img["height"])) == (36, 24)
            assert np.abs(np.asarray(small.convert("RGB")) / 255 - shade).max() < 0.02
        link = Path(unquote(article.a["href"]))
        assert not link.is_absolute()
        assert folder / link == record.picture
        assert article.pre.text == python_call(record)
        facts = dict(
            zip(
                [one.text for one in article("dt")],
                [one.text for one in article("dd")],
                strict=True,
            )
        )
        assert float(facts["loss"]) == round(shade, 4)
        assert (facts["content score"], facts["style score"]) == ("0.3", "0.07")
        assert facts["time"] == "1 min 03 s"
        assert facts["memory"] == "1.4 GB"


def test_filters_offer_every_value_that_differs(tmp_path: Path) -> None:
    records = make_sweep(tmp_path, photo=["p/a.jpg", HOSTILE], style_weight=[3, 0.5])
    records.append(make_record(tmp_path, photo="p/a.jpg", state="failed"))
    page = parsed(make_page(records, tmp_path, "results"))
    offered = {
        label.find(string=True): [one["value"] for one in label("option")]
        for label in page("label")
    }
    assert offered == {
        "photo": ["", "a", HOSTILE.removesuffix(".jpg")],
        "style weight": ["", "3", "0.5", "10"],
        "state": ["", "done", "failed"],
    }
    values = [json.loads(article["data-values"]) for article in page("article")]
    for name, column in zip(offered, zip(*values, strict=True), strict=True):
        assert set(column) == set(offered[name]) - {""}


def test_text_from_files_is_never_markup(tmp_path: Path) -> None:
    records = [
        make_record(tmp_path, photo=HOSTILE, paintings=[HOSTILE]),
        make_record(tmp_path, state="failed"),
    ]
    page = parsed(make_page(records, tmp_path, HOSTILE))
    assert len(page("script")) == 1
    assert not page("b")
    assert page.title.text == HOSTILE
    assert "Received: <b>none</b>." in page.text


def test_the_page_needs_nothing_from_elsewhere(tmp_path: Path) -> None:
    page = parsed(make_page([make_record(tmp_path)], tmp_path, "results"))
    assert not page("link")
    assert all(one["src"].startswith("data:") for one in page("img"))
    policy = page.find("meta", {"http-equiv": "Content-Security-Policy"})
    assert policy["content"].startswith("default-src 'none'")


def test_what_cannot_be_shown_is_said_in_words(tmp_path: Path) -> None:
    records = make_sweep(tmp_path, seed=[0, 1])
    assert records[0].picture is not None
    records[0].picture.write_bytes(b"no picture")
    records.append(make_record(tmp_path, state="waiting", seed=2))
    page = parsed(make_page(records, tmp_path, "results"))
    assert [one.text for one in page(class_="none")] == ["The picture cannot be read.", "not yet"]
