import numpy as np
import pytest

from stylelab.course.coarse_to_fine import GRAIN_WORKS, PAIRS, WORKS, compare, load_comparisons
from stylelab.losses.content import content
from stylelab.losses.style import style
from stylelab.optimizers.lbfgs import lbfgs
from stylelab.pictures.images import resize_to
from stylelab.samples.catalogue import sample


def test_the_table_has_every_pair_and_every_amount_of_work() -> None:
    table = load_comparisons()
    assert tuple((row.photo, row.style, row.scale) for row in table) == PAIRS
    for row in table:
        assert tuple(row.direct) == tuple(row.fine) == WORKS
        assert tuple(row.direct_grain) == tuple(row.fine_grain) == GRAIN_WORKS
        # More work, less loss: both ways are descents.
        assert list(row.direct.values()) == sorted(row.direct.values(), reverse=True)
        assert row.ratios[8] == row.fine[8] / row.direct[8]


def test_a_comparison_gives_both_ways_the_same_work() -> None:
    row = compare("cat", "ink_hatching", 1, size=64, works=(2, 4))
    loss = content(sample("cat")) + 20 * style(sample("ink_hatching"))
    large, small = sample("cat", size=64), sample("cat", size=32)
    at_full, at_half = (loss.with_size(*picture.shape[:2]) for picture in (large, small))
    for work in (2, 4):
        *_, direct = lbfgs(at_full, start=large, steps=work)
        *_, coarse = lbfgs(at_half, start=small, steps=2 * work)
        start = resize_to(coarse.image, *large.shape[:2])
        *_, fine = lbfgs(at_full, start=start, steps=work // 2)
        np.testing.assert_allclose(row.direct[work], direct.loss, rtol=1e-3)
        np.testing.assert_allclose(row.fine[work], fine.loss, rtol=1e-3)
    assert row.ratios[4] == pytest.approx(row.fine[4] / row.direct[4])
    assert row.name == "cat, ink hatching × 1"
