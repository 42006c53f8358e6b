import pytest

from stylelab.course.patches import CHANNELS, SIZES, find_peaks, load_peaks
from stylelab.network.vgg19 import VGG19
from stylelab.samples.catalogue import SAMPLES, sample


@pytest.mark.parametrize("layer", CHANNELS)
def test_there_is_a_stored_peak_for_every_sample_and_size(layer: str) -> None:
    peaks = load_peaks(layer)
    assert {(peak.name, peak.size) for peak in peaks} == {(n, s) for n in SAMPLES for s in SIZES}
    assert len(peaks) == len(SAMPLES) * len(SIZES)
    assert {peak.channel for peak in peaks} == {CHANNELS[layer]}


def test_stored_peaks_are_those_that_the_network_finds() -> None:
    for layer, channel in CHANNELS.items():
        maps = VGG19(layer)(sample("cat", size=128))[layer][..., channel]
        (stored,) = (p for p in load_peaks(layer) if (p.name, p.size) == ("cat", 128))
        assert stored.value == pytest.approx(maps.max(), rel=1e-2)
        assert maps[stored.row, stored.column] == maps.max()


def test_a_found_peak_is_the_largest_value_of_its_channel() -> None:
    (peak,) = find_peaks(["coffee"], {"block1_conv2": 3}, sizes=(64,))
    maps = VGG19("block1_conv2")(sample("coffee", size=64))["block1_conv2"][..., 3]
    assert peak.value == pytest.approx(maps.max(), abs=0.1)
    assert maps[peak.row, peak.column] == maps.max()
    assert peak.patch().shape == (5, 5, 3)
