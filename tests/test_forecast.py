import pytest

from stylelab import forecast
from stylelab.errors import SettingsError
from stylelab.forecast import estimate
from stylelab.images import Picture
from stylelab.settings import Settings
from stylelab.transfer import transfer


def test_too_little_memory_is_said_before_with_a_size_that_fits(
    photo: Picture, painting: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forecast, "available_memory", lambda: 1_600_000_000)
    monkeypatch.setattr(forecast, "used_memory", lambda: 0)
    with pytest.raises(SettingsError, match=r"Take size=(\d+), which fits") as caught:
        transfer(photo, painting, size=2048, progress=False)
    advised = int(str(caught.value).split("size=")[2].split(",")[0])
    assert estimate(photo.shape[:2], Settings(size=advised)).memory <= 1_600_000_000
    assert estimate(photo.shape[:2], Settings(size=advised + 32)).memory > 1_600_000_000
    monkeypatch.setattr(forecast, "available_memory", lambda: 1)
    with pytest.raises(SettingsError, match="Close other programs"):
        transfer(photo, painting, size=64, progress=False)
    transfer(photo, painting, size=64, steps=1, progress=False, check_memory=False)


def test_time_and_memory_grow_with_size_and_time_with_steps() -> None:
    small, large = (estimate((300, 400), Settings(size=size)) for size in (256, 512))
    assert large.seconds > 2 * small.seconds
    assert large.memory > small.memory
    assert estimate((300, 400), Settings(steps=120)).seconds > 1.5 * large.seconds
