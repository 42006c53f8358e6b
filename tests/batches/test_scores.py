"""Scores of a batch's pictures, in one unit for all sizes."""

import numpy as np
import pytest

from stylelab.batches.scores import SCORED_SIZE, make_judges, score_picture, scored_size
from stylelab.losses.content import content
from stylelab.losses.style import style
from stylelab.pictures.images import Picture, resize
from stylelab.samples.catalogue import sample


def test_scores_are_the_default_losses_at_one_size(photo: Picture) -> None:
    cat, night = (resize(sample(name), SCORED_SIZE) for name in ("cat", "swirling_night"))
    picture = np.rint(255 * np.clip(0.6 * cat + 0.2, 0, 1)).astype(np.float32) / np.float32(255)
    scores = score_picture(picture, make_judges(cat, [night]))
    terms = (content(cat) + style(night))(picture).terms
    assert scores["content"] == pytest.approx(terms["content"], rel=1e-3)
    assert scores["style"] == pytest.approx(terms["style"], rel=1e-3)
    # A photo of another size is the same to a judge, but for what was lost.
    small = score_picture(photo, make_judges(cat, [night]))
    assert small["content"] < 0.6 < small["style"]


def test_a_larger_picture_has_the_scores_of_its_reduction() -> None:
    judges = make_judges("cat", ["stained_glass"])
    picture = resize(sample("coffee"), SCORED_SIZE)[: judges[0].shape[0]]
    large = picture.repeat(3, axis=0).repeat(3, axis=1)
    small = score_picture(picture, judges)
    assert score_picture(large, judges) == pytest.approx(small, rel=0.05)


def test_several_paintings_share_the_score_of_style() -> None:
    photo, *paintings = (sample(name, size=64) for name in ("cat", "swirling_night", "coffee"))
    both = score_picture(photo, make_judges(photo, paintings))
    alone = [score_picture(photo, make_judges(photo, [one])) for one in paintings]
    assert both["style"] == pytest.approx(np.mean([one["style"] for one in alone]))
    assert both["content"] == pytest.approx(0, abs=1e-4)


def test_panoramas_and_scrolls_are_scored_at_a_size_that_the_network_sees() -> None:
    photo = resize(sample("cat"), 640)[:32]
    scroll = np.swapaxes(photo, 0, 1)[..., ::-1]
    size = scored_size([photo.shape[:2], scroll.shape[:2]])
    judges = make_judges(photo, [scroll], size)
    assert judges[0].shape == (16, 320, 3)
    assert score_picture(photo, judges)["style"] > 0.01
    assert scored_size([(3000, 4000), (512, 512)]) == SCORED_SIZE
