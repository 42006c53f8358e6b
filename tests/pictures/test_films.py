"""Films of a run: each kept step in its turn, the last one longest; bounded in length and memory."""

import importlib.util
import sys
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from optional_tools import needs_av
from PIL import Image

from stylelab.errors import OutputError, PictureError, SettingsError
from stylelab.pictures import films
from stylelab.pictures.films import MAX_FRAMES, Film, encode_film
from stylelab.pictures.images import Picture
from stylelab.rights.record import Rights
from stylelab.rights.writing import make_rights_statement
from stylelab.samples.catalogue import sample

SUFFIXES = [".gif", ".webp", pytest.param(".mp4", marks=needs_av)]


def gray(shade: float, height: int = 32, width: int = 48) -> Picture:
    return np.full((height, width, 3), shade, np.float32)


def step(image: Picture) -> Any:
    return SimpleNamespace(image=image)


def saved_film(path: Path, images: list[Picture], **options: Any) -> Path:
    film = Film(path, **options)
    for image in images:
        film(step(image))
    return film.save()


def frames_of(path: Path) -> tuple[list[Picture], list[float]]:
    """Frames of a film, and how long each is shown, in milliseconds."""
    if path.suffix == ".mp4":
        import av

        with av.open(path) as container:
            rate = container.streams.video[0].average_rate
            assert rate is not None
            frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
        return [(frame / 255).astype(np.float32) for frame in frames], [float(1000 / rate)] * len(
            frames
        )
    images: list[Picture] = []
    durations: list[float] = []
    with Image.open(path) as opened:
        for number in range(getattr(opened, "n_frames", 1)):
            opened.seek(number)
            images.append(np.asarray(opened.convert("RGB"), np.float32) / np.float32(255))
            durations.append(opened.info["duration"])
    return images, durations


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_film_shows_each_step_in_its_turn_and_the_last_one_longest(
    suffix: str, tmp_path: Path
) -> None:
    shades = [0.1, 0.9, 0.3, 0.6]
    path = saved_film(tmp_path / f"a{suffix}", [gray(shade) for shade in shades])
    images, durations = frames_of(path)
    assert [image.shape for image in images] == [(32, 48, 3)] * len(images)
    shown = [float(image.mean()) for image in images]
    assert shown[:4] == pytest.approx(shades, abs=0.02)
    assert shown[4:] == pytest.approx([0.6] * len(shown[4:]), abs=0.02)
    assert sum(durations[:3]) == 3 * 80
    assert sum(durations[3:]) == 1600


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_colours_and_shapes_are_those_of_the_pictures(suffix: str, tmp_path: Path) -> None:
    image = sample("cat", 96)[:60, :90]
    images, _ = frames_of(saved_film(tmp_path / f"a{suffix}", [gray(0.5, 60, 90), image]))
    blocks = [one.reshape(10, 6, 15, 6, 3).mean(axis=(1, 3)) for one in (images[-1], image)]
    assert np.abs(blocks[0] - blocks[1]).mean() < 0.02
    assert np.abs(blocks[0] - blocks[1]).max() < 0.1


@needs_av
def test_an_mp4_names_the_colours_that_it_was_made_with(tmp_path: Path) -> None:
    import av

    colour = np.array([0.9, 0.2, 0.1])
    path = saved_film(tmp_path / "a.mp4", [gray(1, 64, 64) * colour.astype(np.float32)] * 2)
    with av.open(path) as container:
        context = container.streams.video[0].codec_context
        assert (context.colorspace, context.color_range) == (1, 1)
        stored = next(container.decode(video=0)).to_ndarray(format="yuv420p")
    # ITU-R BT.709-6, 3.2 and 3.4: luminance from 16 to 235, colour differences around 128.
    luma = colour @ (0.2126, 0.7152, 0.0722)
    blue, red = (colour[2] - luma) / 1.8556, (colour[0] - luma) / 1.5748
    planes = [part.mean() for part in (stored[:64], stored[64:80], stored[80:])]
    assert planes == pytest.approx([16 + 219 * luma, 128 + 224 * blue, 128 + 224 * red], abs=2)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_all_frames_have_the_size_of_the_last(suffix: str, tmp_path: Path) -> None:
    small, large = gray(0.2, 16, 24), gray(0.7, 32, 48)
    images, _ = frames_of(saved_film(tmp_path / f"a{suffix}", [small, large]))
    assert {image.shape for image in images} == {(32, 48, 3)}
    assert images[0].mean() == pytest.approx(0.2, abs=0.02)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_odd_sides_and_one_pixel_less_for_mp4(suffix: str, tmp_path: Path) -> None:
    images, _ = frames_of(saved_film(tmp_path / f"a{suffix}", [gray(0.2, 33, 47)] * 2))
    assert images[0].shape == ((32, 46, 3) if suffix == ".mp4" else (33, 47, 3))


def test_large_pictures_are_made_smaller_and_small_ones_stay(tmp_path: Path) -> None:
    images, _ = frames_of(saved_film(tmp_path / "a.webp", [gray(0.5, 60, 90)] * 2, size=45))
    assert images[0].shape == (30, 45, 3)
    images, _ = frames_of(saved_film(tmp_path / "b.webp", [gray(0.5, 60, 90)] * 2))
    assert images[0].shape == (60, 90, 3)


@pytest.mark.parametrize("count", [5, 6, 7, 8, 13, 14, 40])
def test_a_long_run_is_thinned_evenly_and_ends_with_its_last_step(
    count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(films, "MAX_FRAMES", 6)
    shades = [number / 50 for number in range(count)]
    images, _ = frames_of(saved_film(tmp_path / "a.webp", [gray(shade) for shade in shades]))
    every = next(2**power for power in range(9) if len(range(0, count, 2**power)) <= 6)
    expected = shades[::every]
    if expected[-1] != shades[-1]:
        expected.append(shades[-1])
    assert [float(image.mean()) for image in images] == pytest.approx(expected, abs=0.008)


def test_pictures_of_steps_that_are_left_out_are_not_asked_for() -> None:
    asked = []

    class Step:
        @property
        def image(self) -> Picture:
            asked.append(self)
            return gray(0.5, 16, 16)

    film = Film("a.gif")
    for _ in range(4 * MAX_FRAMES):
        film(Step())
    assert len(asked) < 2.1 * MAX_FRAMES


def test_a_gif_keeps_a_rare_bright_colour(tmp_path: Path) -> None:
    image = sample("cat", 128)
    image[4:10, 4:10] = (1, 0.9, 0)
    images, _ = frames_of(saved_film(tmp_path / "a.gif", [image] * 3))
    for shown in images:
        np.testing.assert_allclose(shown[6:8, 6:8].mean(axis=(0, 1)), (1, 0.9, 0), atol=0.05)


def test_plain_areas_of_a_gif_do_not_flicker(tmp_path: Path) -> None:
    pictures = []
    for number in range(4):
        picture = gray(0.4, 40, 40)
        picture[20:] = np.random.default_rng(number).random((20, 40, 3))
        pictures.append(picture)
    images, _ = frames_of(saved_film(tmp_path / "a.gif", pictures))
    assert max(np.abs(image[:16] - images[0][:16]).max() for image in images) == 0


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_rights_are_in_the_file(suffix: str, tmp_path: Path) -> None:
    rights = make_rights_statement({"photo": Rights(author="A. Reader", licence="CC BY 4.0")})
    film = Film(tmp_path / f"a{suffix}")
    for shade in (0.1, 0.2):
        film(step(gray(shade)))
    path = film.save(rights=rights)
    if suffix == ".mp4":
        import av

        with av.open(path) as container:
            assert container.metadata["comment"] == rights.credit
    else:
        with Image.open(path) as opened:
            kept = opened.info
        key, expected = (
            ("comment", rights.credit.encode())
            if suffix == ".gif"
            else ("xmp", rights.xmp_packet())
        )
        assert kept[key] == expected


@pytest.mark.parametrize("count", [0, 1])
def test_a_single_step_is_no_film(count: int, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="several steps"):
        saved_film(tmp_path / "a.gif", [gray(0.5)] * count)
    assert list(tmp_path.iterdir()) == []


def test_a_film_that_cannot_be_written_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved_film(tmp_path / "a.gif", [gray(0.5)] * 2)
    before = path.read_bytes()

    def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OutputError, match="No space left"):
        saved_film(tmp_path / "a.gif", [gray(0.7)] * 2)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (("a.avi",), OutputError, r"ends in \.gif, \.webp, \.mp4\. Received: 'a\.avi'"),
        (("nowhere/a.gif",), OutputError, "missing"),
        (("https://example.org/a.gif",), OutputError, "URL"),
        (("a.gif", 8), SettingsError, "size"),
    ],
)
def test_what_cannot_work_is_refused_before_the_run(
    arguments: tuple[Any, ...],
    error: type[Exception],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    path, *size = arguments
    with pytest.raises(error, match=words):
        Film(path, **({"size": size[0]} if size else {}))


def test_inputs_are_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "in.gif").write_bytes(b"mine")
    with pytest.raises(OutputError, match="which is the input"):
        Film(tmp_path / "in.gif", inputs=[tmp_path / "in.gif"])


def test_mp4_without_pyav_is_refused_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(OutputError, match=r'pip install "stylelab\[film\]"; or choose \.webp'):
        Film(tmp_path / "a.mp4")


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    film = Film(tmp_path / "a.gif")
    with pytest.raises(PictureError):
        film(step(np.zeros((4, 4), np.float32)))


def test_a_damaged_frame_is_an_error_in_a_sentence() -> None:
    buffer = BytesIO()
    Image.new("RGB", (20, 20)).save(buffer, "PNG")
    with pytest.raises(OutputError, match="an encoder that fails"):
        encode_film([b"no picture", buffer.getvalue()], "GIF")
