import numpy as np

from stylelab.network.tensorflow import import_tensorflow
from stylelab.panels.explorer.feature_maps import quantise_maps
from stylelab.panels.explorer.widget import PREVIEW_CHANNELS, draw_static_preview


def test_it_shows_and_names_the_strongest_channels(random: np.random.Generator) -> None:
    values = random.random((6, 8, 40), dtype=np.float32) * np.arange(40, dtype=np.float32)
    drawing = draw_static_preview(
        "block1_conv1", quantise_maps(import_tensorflow().constant(values))
    )
    strongest = np.argsort(-values.mean((0, 1)))[:PREVIEW_CHANNELS]
    titles = [axes.get_title() for axes in drawing.figure.axes if axes.get_title()]
    assert titles == [f"channel {channel}" for channel in strongest]
    assert ", ".join(map(str, strongest)) in drawing.alt
    shown = np.asarray(drawing.figure.axes[0].images[0].get_array())
    np.testing.assert_allclose(shown, values[..., strongest[0]], atol=40 / 500)
