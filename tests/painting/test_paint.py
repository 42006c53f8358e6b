"""Photos of any size painted with a network: tiles, mixtures, transparency, metadata, rights."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from stylelab.errors import NetworkFileError, OutputError, PictureError, SettingsError
from stylelab.painting import paint as paint_module
from stylelab.painting.network_files import save_network
from stylelab.painting.paint import paint, style_shares
from stylelab.painting.painting_network import PaintingNetwork
from stylelab.pictures.images import Picture, load_image
from stylelab.pictures.printing import read_print_info
from stylelab.pictures.saving import read_settings, save_image
from stylelab.pipeline.transfer import transfer
from stylelab.rights.reading import read_ingredient_rights, read_rights
from stylelab.rights.record import Rights
from stylelab.samples.catalogue import sample

RIGHTS = {
    "night": Rights(author="N. Painter", licence="CC0 1.0", source="a museum"),
    "glass": Rights(author="G. Painter", licence="CC BY-SA 4.0", source="a church"),
}


def styled_network() -> PaintingNetwork:
    """Three styles that differ: random scales and shifts for each."""
    random = np.random.default_rng(1)
    network = PaintingNetwork(("night", "glass", "waves"), width=4, blocks=1)
    parameters = {
        name: values if name.endswith("kernel") else values + random.normal(0, 0.5, values.shape)
        for name, values in network.parameters.items()
    }
    info = network.with_info(style_rights=RIGHTS, steps=7).info
    return PaintingNetwork(info, parameters=parameters)


@pytest.fixture(scope="module")
def network() -> PaintingNetwork:
    return styled_network()


def alone(network: PaintingNetwork, image: Picture, *weights: float) -> Any:
    return network(image[None], np.array([weights], np.float32)).numpy()[0]


def test_a_photo_is_painted_as_the_network_paints_it(
    network: PaintingNetwork, photo: Picture
) -> None:
    before = photo.copy()
    painted = paint(photo, network, style="glass")
    assert np.array_equal(painted.image, alone(network, photo, 0, 1, 0))
    assert painted.image.dtype == np.float32
    assert np.array_equal(photo, before)
    assert dict(painted.styles) == {"glass": 1}
    assert np.array_equal(paint(photo, network, style=1).image, painted.image)
    assert np.array_equal(
        paint("cat", network, style="night", size=40).image,
        alone(network, sample("cat", 40), 1, 0, 0),
    )


@pytest.mark.parametrize("shape", [(16, 16), (17, 18), (16, 1000), (61, 83)])
def test_every_size_from_16_pixels_on_keeps_its_size(
    network: PaintingNetwork, random: np.random.Generator, shape: tuple[int, int]
) -> None:
    image = random.random((*shape, 3)).astype(np.float32)
    at_once = paint(image, network, style="night", tile=200).image
    assert at_once.shape == image.shape
    assert at_once.min() >= 0
    assert at_once.max() <= 1
    in_tiles = paint(image, network, style="night", tile=20 if max(shape) < 100 else 150).image
    assert np.allclose(in_tiles, at_once, atol=1e-5)


def test_a_picture_too_thin_or_too_small_gets_a_sentence(network: PaintingNetwork) -> None:
    for shape in ((1, 4000, 3), (15, 15, 3)):
        with pytest.raises(PictureError, match=r"Expected .*16 px"):
            paint(np.ones(shape, np.float32), network, style="night")
    with pytest.raises(PictureError, match="keeps 16 px on each side"):
        paint(np.ones((20, 4000, 3), np.float32), network, style="night", size=512)


def test_a_bar_is_shown_only_where_there_are_tiles(
    network: PaintingNetwork, photo: Picture, capsys: pytest.CaptureFixture[str]
) -> None:
    paint(photo, network, style="night")
    paint(photo, network, style="night", tile=40, progress=False)
    assert capsys.readouterr() == ("", "")
    paint(photo, network, style="night", tile=40)
    assert "100%" in capsys.readouterr().err


def test_a_mixture_lies_between_its_styles_and_only_ratios_count(
    network: PaintingNetwork, photo: Picture
) -> None:
    mixed = paint(photo, network, style={"night": 3, "waves": 1})
    assert dict(mixed.styles) == {"night": 0.75, "waves": 0.25}
    assert np.array_equal(mixed.image, alone(network, photo, 0.75, 0, 0.25))
    same = paint(photo, network, style={"night": 0.3, "waves": 0.1, "glass": 0})
    assert np.allclose(same.image, mixed.image, atol=1e-6)
    single = paint(photo, network, style="night").image
    assert np.array_equal(paint(photo, network, style={"night": 5}).image, single)
    nearly = paint(photo, network, style={"night": 1, "glass": 1e-4}).image
    assert 0 < np.abs(nearly - single).max() < 1e-2
    assert np.abs(mixed.image - single).max() > 0.05


def test_style_shares_are_found_from_names_numbers_and_weights() -> None:
    assert style_shares(("a",), None) == {"a": 1}
    assert style_shares(("a", "b"), np.int64(1)) == {"b": 1}  # type: ignore[arg-type]
    assert style_shares(("a", "b"), {"b": 1e308, "a": 1e308}) == {"b": 0.5, "a": 0.5}


@pytest.mark.parametrize(
    ("style", "words"),
    [
        (None, "Received: None. Take style=night"),
        ("nihgt", "Received: 'nihgt'. Take style=night"),
        (3, "Received: '3'"),
        (-1, "Received: '-1'"),
        (True, "Received: 'True'"),
        (["night"], "one of night, glass, waves"),
        ({"dawn": 1}, "Received: 'dawn'"),
        ({}, "at least 0, and one above it"),
        ({"night": 0}, "at least 0"),
        ({"night": -1, "glass": 2}, "at least 0"),
        ({"night": float("nan")}, "at least 0"),
        ({"night": float("inf")}, "at least 0"),
        ({"night": "much"}, "at least 0"),
    ],
)
def test_styles_that_are_none_are_refused(style: Any, words: str) -> None:
    with pytest.raises(SettingsError, match=r"Expected (style|weights)") as error:
        style_shares(("night", "glass", "waves"), style)
    assert words in str(error.value)


def test_strength_goes_from_the_photo_to_the_paint(
    network: PaintingNetwork, photo: Picture
) -> None:
    paints = [paint(photo, network, style=0, strength=s).image for s in (0, 0.25, 1)]
    assert np.array_equal(paints[0], photo)
    assert np.allclose(paints[1], 0.75 * photo + 0.25 * paints[2], atol=1e-6)
    assert np.array_equal(paints[2], alone(network, photo, 1, 0, 0))


@pytest.mark.parametrize(
    "wrong", [{"strength": 1.1}, {"strength": "much"}, {"tile": 19}, {"size": 3}, {"tile": 64.0}]
)
def test_settings_out_of_range_are_refused(
    network: PaintingNetwork, photo: Picture, wrong: dict[str, Any]
) -> None:
    with pytest.raises(SettingsError, match=f"Expected {next(iter(wrong))}"):
        paint(photo, network, style=0, **wrong)


def test_transparency_is_kept_if_it_is_asked_for(
    network: PaintingNetwork, photo: Picture, tmp_path: Path
) -> None:
    opacity = np.zeros(photo.shape[:2], np.uint8)
    opacity[:, 30:] = 255
    rgba = np.dstack([np.uint8(photo * 255), opacity])
    Image.fromarray(rgba).save(tmp_path / "photo.png")
    kept = paint(tmp_path / "photo.png", network, style=0, size=32, keep_transparency=True)
    with Image.open(kept.save(tmp_path / "painted.png")) as saved:
        alpha = np.asarray(saved.getchannel("A"))
    assert alpha.shape == kept.image.shape[:2]
    assert (alpha[:, :12].max(), alpha[:, 18:].min()) == (0, 255)
    with pytest.warns(UserWarning, match="transparency is not kept") as caught:
        lost = paint(tmp_path / "photo.png", network, style=0, size=32)
    assert caught[0].filename == __file__
    assert np.array_equal(lost.image, kept.image)
    assert lost.alpha is None


def test_the_file_tells_settings_resolution_and_the_rights_of_what_went_in(
    network: PaintingNetwork, photo: Picture, tmp_path: Path
) -> None:
    file = save_image(tmp_path / "photo.png", photo, dots_per_inch=300)
    (tmp_path / "photo.png.rights.toml").write_text('author = "A. Reader"\nlicence = "CC0 1.0"\n')
    painted = paint(
        file, network, style={"night": 1, "glass": 3}, strength=0.5,
        rights={"photo": {"source": "a walk"}},
    )  # fmt: skip
    saved = painted.save(tmp_path / "painted.jpg", creator="B. Reader", title="Pier")
    assert read_settings(saved) == {
        "network": "a network",
        "network_steps": 7,
        "styles": {"night": 0.25, "glass": 0.75},
        "strength": 0.5,
        "size": 64,
    }
    assert read_print_info(saved).dots_per_inch == pytest.approx(300, abs=0.1)
    assert list(painted.rights) == ["photo", "painting", "painting_2"]
    assert painted.rights["photo"].missing == ()
    authors = [one.author for one in read_ingredient_rights(saved)]
    assert authors == ["A. Reader", "N. Painter", "G. Painter"]
    stated = read_rights(saved)
    assert (stated.author, stated.terms.key) == ("B. Reader", "CC-BY-SA-4.0")
    # A style without a weight is not in the picture; one whose rights are not known is unknown.
    assert list(paint(file, network, style="night").rights) == ["photo", "painting"]
    assert paint(file, network, style="waves").rights["painting"].author is None


def test_a_file_or_the_name_of_a_network_that_comes_along_serves_as_well(
    network: PaintingNetwork, photo: Picture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = save_network(tmp_path / "three.stylelab", network)
    painted = paint(photo, file, style="night")
    # Half precision moves a value by a level or two.
    assert np.allclose(painted.image, paint(photo, network, style="night").image, atol=0.02)
    assert painted.metadata["network"] == str(file)
    monkeypatch.setattr(paint_module, "STORED_NETWORKS", tmp_path)
    named = paint(photo, "three", style="night")
    assert np.array_equal(named.image, painted.image)
    assert (named.metadata["network"], named.inputs) == ("three", (file,))
    with pytest.raises(NetworkFileError, match=r"Received: 'there'.* comes along: three\."):
        paint(photo, "there", style="night")
    with pytest.raises(NetworkFileError, match="another kind of file"):
        paint(photo, save_image(tmp_path / "p.png", photo), style="night")


def test_saving_overwrites_neither_the_photo_nor_the_network(
    network: PaintingNetwork, photo: Picture, tmp_path: Path
) -> None:
    file = save_image(tmp_path / "photo.png", photo)
    painted = paint(file, save_network(tmp_path / "n.stylelab", network), style=0)
    for name in ("photo.png", "n.stylelab"):
        before = (tmp_path / name).read_bytes()
        with pytest.raises(OutputError):
            painted.save(tmp_path / name)
        assert (tmp_path / name).read_bytes() == before


def test_the_optimizer_starts_at_the_network_s_picture(
    network: PaintingNetwork, painting: Picture
) -> None:
    painted = paint("cat", network, style="night", size=48)
    first: list[Picture] = []
    result = transfer(
        "cat", painting, start=painted.image, size=48, steps=1, progress=False,
        callback=lambda progress: first.append(progress.step.image),
    )  # fmt: skip
    assert result.start == "a picture"
    assert np.allclose(first[0], painted.image, atol=1e-6)


def test_an_upright_picture_is_made_of_a_turned_file(
    network: PaintingNetwork, photo: Picture, tmp_path: Path
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    Image.fromarray(np.uint8(photo * 255)).save(tmp_path / "turned.png", exif=exif)
    painted = paint(tmp_path / "turned.png", network, style=0)
    assert painted.image.shape == (photo.shape[1], photo.shape[0], 3)
    upright = load_image(tmp_path / "turned.png")
    assert np.array_equal(painted.image, alone(network, upright, 1, 0, 0))
