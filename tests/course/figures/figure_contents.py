"""What the tests of figures read from a figure, and the pictures that they draw."""

from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from stylelab.course.figures import CourseFigure


def pixels(figure: CourseFigure) -> np.ndarray[Any, Any]:
    """Return the drawn figure as an array (H, W, 3), in [0, 1]."""
    with Image.open(BytesIO(figure.encode("png"))) as image:
        return np.asarray(image.convert("RGB"), np.float32) / 255


def texts(axes: Any) -> list[str]:
    """Return the texts written on axes."""
    return [text.get_text() for text in axes.texts]


def images(figure: CourseFigure) -> list[Any]:
    """Return the first image on each of a figure's axes that have one."""
    return [axes.images[0] for axes in figure.figure.axes if axes.images]


def plain(shade: float, shape: tuple[int, int] = (20, 30)) -> Any:
    """Return a gray picture of one shade."""
    return np.full((*shape, 3), shade, np.float32)
