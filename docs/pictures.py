"""Paint the picture that opens the README: python docs/pictures.py (takes about three minutes)."""

from pathlib import Path

import stylelab as sl
from stylelab.course import figures

PAIRS = {
    "the cat, of the night": ("cat", "swirling_night"),
    "the coffee, of glass": ("coffee", "stained_glass"),
    "the rocket, in watercolour": ("rocket", "watercolour_wash"),
}
HEIGHT, WIDTH = 340, 510


def main() -> None:
    """Paint three pairs; a row for each: the photo, the style, and both in one."""
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
    main()
