"""Paint the README's picture and the notebooks' large ones: python docs/pictures.py [NOTEBOOK …].

Without a name all are painted, which takes half an hour. A notebook's large picture belongs to its
Markdown cell tagged "large-picture": the code there makes `picture`, which is stored in the cell.
"""

import base64
import re
import sys
from pathlib import Path
from typing import Any

import nbformat
from PIL import Image

import stylelab as sl
from stylelab.course import figures
from stylelab.course.classroom import read_notebook
from stylelab.pictures.atomic_files import atomic_write
from stylelab.pictures.encoding import encode_image, to_uint8

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
WEBP_QUALITY = 60

PAIRS = {
    "the cat, of the night": ("cat", "swirling_night"),
    "the coffee, of glass": ("coffee", "stained_glass"),
    "the rocket, in watercolour": ("rocket", "watercolour_wash"),
}
HEIGHT, WIDTH = 340, 510


def paint_large_picture(path: Path) -> None:
    """Run the code of a notebook's cell tagged "large-picture", and store its picture in the cell."""
    notebook = read_notebook(path)
    (cell,) = [one for one in notebook.cells if "large-picture" in one.metadata.get("tags", ())]
    (code,) = re.findall(r"```python\n(.*?)```", cell.source, re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 - the code of our own notebook
    image = Image.fromarray(to_uint8(names["picture"]))
    content = encode_image(image, "WEBP", quality=WEBP_QUALITY, method=6)
    cell.attachments = {"large.webp": {"image/webp": base64.b64encode(content).decode()}}
    with atomic_write(path) as file:
        file.write(f"{nbformat.writes(notebook).rstrip()}\n".encode())


def paint_first_pictures() -> None:
    """Paint three pairs for the README; a row for each: the photo, the style, and both in one."""
    shown = {}
    for title, (photo_name, style_name) in PAIRS.items():
        photo, painting = sl.sample(photo_name), sl.sample(style_name)
        painted = sl.transfer(photo, painting, size=512).image
        titles = (photo_name, style_name.replace("_", " "), title)
        for name, picture in zip(titles, (photo, painting, painted), strict=True):
            shown[name] = sl.cover(picture, HEIGHT, WIDTH)
    sheet = figures.show_pictures(shown, columns=3)
    (Path(__file__).parent / "first_pictures.jpg").write_bytes(sheet.encode())


if __name__ == "__main__":
    for notebook_path in [Path(name) for name in sys.argv[1:]] or sorted(NOTEBOOKS.glob("*.ipynb")):
        paint_large_picture(notebook_path)
    if not sys.argv[1:]:
        paint_first_pictures()
