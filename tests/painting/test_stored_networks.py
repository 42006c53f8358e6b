"""The networks that come along: small, and made of pictures whose rights are known."""

import re
import subprocess
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from stylelab.painting.network_files import load_network
from stylelab.painting.training_photos import SAMPLE_PHOTOS
from stylelab.rights.rules import combine_rights
from stylelab.samples.catalogue import sample
from stylelab.samples.painters import STYLES

FOLDER = Path(str(files("stylelab") / "painting" / "networks"))
NETWORKS = sorted(path.stem for path in FOLDER.glob("*.stylelab"))


def test_there_is_one_that_paints_all_painted_styles() -> None:
    assert load_network(FOLDER / "seven_styles.stylelab").styles == tuple(STYLES)


@pytest.mark.parametrize("style", STYLES)
def test_there_is_one_for_each_painted_style(style: str) -> None:
    assert load_network(FOLDER / f"{style}.stylelab").styles == (style,)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_stored_network_is_small(name: str) -> None:
    assert (FOLDER / f"{name}.stylelab").stat().st_size < 500_000


@pytest.mark.parametrize("name", NETWORKS)
def test_all_that_a_stored_network_is_made_of_may_be_used_for_anything(name: str) -> None:
    info = load_network(FOLDER / f"{name}.stylelab").info
    assert [*info.style_rights] == [*info.styles]
    assert set(info.photo_rights) <= set(SAMPLE_PHOTOS)
    assert not any(rights.missing for rights in info.rights.values())
    verdict = combine_rights(info.rights, use="commercial")
    assert not verdict.conflicts
    assert not verdict.unknown


@pytest.mark.parametrize("name", NETWORKS)
def test_each_style_has_colours_of_its_own(name: str) -> None:
    network = load_network(FOLDER / f"{name}.stylelab")
    photo = sample("cat", 64)[None]
    weights = np.eye(len(network.styles), dtype=np.float32)
    means = [network(photo, one[None]).numpy().mean((0, 1, 2)) for one in weights]
    distances = [np.abs(one - other).max() for i, one in enumerate(means) for other in means[:i]]
    assert min(distances, default=1) > 0.03


def test_the_makefile_has_the_commands_that_made_the_stored_networks() -> None:
    command = ["make", "--dry-run", "networks"]
    ended = subprocess.run(
        command, cwd=FOLDER.parents[2], check=True, capture_output=True, text=True
    )
    made = set(re.findall(r"-o stylelab/painting/networks/(\w+)\.stylelab", ended.stdout))
    assert made == set(NETWORKS)
