import pytest

from stylelab.errors import SettingsError
from stylelab.panels import cost_forecast
from stylelab.panels.control import Control
from stylelab.panels.cost_forecast import COURSE_MACHINE, COURSE_SPEED, SIZES, THIS_MACHINE
from stylelab.pictures.text import duration_text
from stylelab.pipeline.cost_estimate import START_SECONDS, estimate_cost
from stylelab.pipeline.hardware import convolution_speed
from stylelab.pipeline.settings import Settings


@pytest.fixture
def control() -> Control:
    return cost_forecast((300, 451))


def titles(control: Control) -> list[str]:
    return [axes.get_title() for axes in control.drawing.figure.axes]


@pytest.mark.parametrize(("size", "tile"), [(512, None), (2048, 512), (1024, 256)])
def test_it_shows_what_estimate_cost_says(control: Control, size: int, tile: int | None) -> None:
    control.widgets["size"].value = size
    control.widgets["tile"].value = tile
    control.widgets["machine"].value = THIS_MACHINE
    cost = estimate_cost((300, 451), Settings(size=size, tile=tile))
    memory, time = titles(control)
    assert memory == f"memory: {cost.memory / 1e9:.1f} GB"
    assert time == f"time: {duration_text(cost.seconds)}"
    assert "this machine" in control.drawing.alt


def test_the_courses_machine_takes_the_time_of_its_own_speed(control: Control) -> None:
    assert control.values == {"size": 2048, "tile": 512, "machine": COURSE_MACHINE}
    cost = estimate_cost((300, 451), Settings(size=2048, tile=512))
    products = (cost.seconds - START_SECONDS) * convolution_speed()
    assert titles(control)[1] == f"time: {duration_text(START_SECONDS + products / COURSE_SPEED)}"


def test_there_is_a_curve_for_each_kind_of_tile(control: Control) -> None:
    for axes in control.drawing.figure.axes:
        names = [line.get_label() for line in axes.lines if len(line.get_xdata()) == len(SIZES)]  # type: ignore[arg-type]
        assert names == ["none: whole", "256 px", "512 px", "1024 px"]


def test_the_first_forecast_is_shown_without_a_kernel(control: Control) -> None:
    control.widgets["size"].value = 256
    bundle, metadata = control._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert "2048 by 1362 pixels, tiles 512 px" in metadata["image/png"]["alt"]


@pytest.mark.parametrize(("size", "tile"), [(100, 512), (2048, 300), (2048.5, None)])
def test_unknown_sizes_and_tiles_are_refused(size: int, tile: int | None) -> None:
    with pytest.raises(SettingsError, match="Received"):
        cost_forecast(size=size, tile=tile)
