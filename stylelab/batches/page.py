"""A batch as one HTML page: every picture with its settings, what it cost, and the call that paints it.

The page needs no server and no network: styles, script and small pictures are in the file. Each small
picture leads to the whole one, in the folder beside the page.
"""

from __future__ import annotations

import base64
import html
import json
import os
from typing import TYPE_CHECKING
from urllib.parse import quote

from PIL import Image

from stylelab.batches.sheets import STATE_WORDS, describe_jobs, load_small, setting_words
from stylelab.batches.table import job_values, python_call, value_texts, varying_names
from stylelab.errors import PictureError
from stylelab.pictures.encoding import encode_image, to_uint8
from stylelab.pictures.text import duration_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from stylelab.batches.jobs import JobRecord

SMALL_SIDE = 240
"""Longer side of the small pictures, in pixels: about 10 kB each."""

_STYLE = """
:root { color-scheme: light dark; font: 16px/1.45 system-ui, sans-serif; }
body { margin: 0 auto; padding: 1rem; max-width: 90rem; overflow-wrap: anywhere; }
form { display: flex; flex-wrap: wrap; gap: .6rem 1.2rem; align-items: end; }
label { display: grid; font-size: .85rem; max-width: 100%; }
select { font: inherit; min-height: 2rem; max-width: 18rem; }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(240px, 100%), 1fr));
  gap: 1.5rem 1rem; margin-top: 1rem; }
article[hidden] { display: none; }
article img, .none { display: block; max-width: 100%; height: auto; }
.none { display: grid; place-items: center; min-height: 9rem; border: 1px dashed GrayText; }
h2 { font-size: 1rem; margin: .4rem 0; }
dl { display: grid; grid-template-columns: auto 1fr; gap: 0 .8rem; margin: .3rem 0; font-size: .85rem; }
dd { margin: 0; }
pre { white-space: pre-wrap; font-size: .8rem; }
"""

_SCRIPT = """
const form = document.querySelector("form"), jobs = [...document.querySelectorAll("article")];
function show() {
  const wanted = [...form.elements].map((one) => one.value);
  for (const job of jobs)
    job.hidden = JSON.parse(job.dataset.values).some((one, i) => wanted[i] && wanted[i] !== one);
  const left = jobs.filter((job) => !job.hidden).length;
  document.querySelector("output").textContent = `${left} of ${jobs.length} shown`;
}
form.addEventListener("change", show);
show(); // a browser that comes back keeps the choices
"""


def make_page(records: Sequence[JobRecord], folder: Path, title: str) -> str:
    """The page's HTML. All text in it is escaped.

    Args:
        records: of the jobs, in the order in which they are shown.
        folder: where the page will be: links start from there.
        title: of the page.
    """
    names = varying_names(records)
    texts = {name: value_texts([job_values(one)[name] for one in records]) for name in names}
    choices = {setting_words(name): values for name, values in texts.items()}
    choices["state"] = [record.state for record in records]
    captions = describe_jobs(records, names)
    articles = [
        _article(record, caption, [*values], folder)
        for record, caption, *values in zip(records, captions, *choices.values(), strict=True)
    ]
    selects = [_select(name, dict.fromkeys(values)) for name, values in choices.items()]
    policy = (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{html.escape(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<header>
<h1>{html.escape(title)}</h1>
<form aria-label="Which pictures are shown">
{"".join(selects)}</form>
<p><output>{len(records)} of {len(records)} shown</output></p>
<p>A loss belongs to its settings. Scores compare pictures of one photo and painting, whatever their
settings: they are the distances from both; less is closer.</p>
</header>
<main>
{"".join(articles)}</main>
<script>{_SCRIPT}</script>
</body>
</html>
"""


def _select(name: str, values: Iterable[str]) -> str:
    options = "".join(
        f'<option value="{html.escape(value)}">{html.escape(value)}</option>' for value in values
    )
    return (
        f"<label>{html.escape(name)}"
        f'<select autocomplete="off"><option value="">all</option>{options}</select></label>\n'
    )


def _article(record: JobRecord, caption: str, values: Sequence[str], folder: Path) -> str:
    facts = {f"{setting_words(term)} loss": f"{loss:.4g}" for term, loss in record.terms.items()}
    if record.loss is not None:
        facts = {"loss": f"{record.loss:.4g}"} | facts
    facts |= {f"{score} score": f"{value:.3g}" for score, value in record.scores.items()}
    if record.seconds is not None:
        facts["time"] = duration_text(record.seconds)
    if record.memory is not None:
        facts["memory"] = f"{record.memory / 1e9:.1f} GB"
    if record.error is not None:
        facts["error"] = record.error
    listed = "".join(
        f"<dt>{html.escape(k)}</dt><dd>{html.escape(v)}</dd>" for k, v in facts.items()
    )
    return (
        f'<article data-values="{html.escape(json.dumps(values))}">{_picture(record, caption, folder)}'
        f"<h2>{html.escape(caption)}</h2><dl>{listed}</dl><details><summary>Python</summary>"
        f'<pre tabindex="0">{html.escape(python_call(record))}</pre></details></article>\n'
    )


def _picture(record: JobRecord, caption: str, folder: Path) -> str:
    """The small picture, a link to the whole one; or in words why there is none."""
    try:
        small = load_small(record, SMALL_SIDE)
    except PictureError:
        words = STATE_WORDS.get(record.state, "The picture cannot be read.")
        return f'<div class="none">{words}</div>'
    webp = encode_image(Image.fromarray(to_uint8(small)), "WEBP", quality=75)
    data = base64.b64encode(webp).decode("ascii")
    height, width = small.shape[:2]
    path = quote(os.path.relpath(record.picture or "", folder).replace(os.sep, "/"))
    return (
        f'<a href="{html.escape(path)}"><img src="data:image/webp;base64,{data}" width="{width}" '
        f'height="{height}" loading="lazy" alt="{html.escape(caption)}"></a>'
    )
