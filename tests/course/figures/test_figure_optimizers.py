from itertools import combinations
from typing import Any

import numpy as np
import pytest
from figure_contents import texts

from stylelab.course.figures import (
    plot_descents,
    plot_optimizer_paths,
    plot_optimizer_race,
    plot_steepest_descent,
    plot_two_loops,
)
from stylelab.errors import SettingsError
from stylelab.optimizers.gradient_descent import gradient_descent
from stylelab.optimizers.lbfgs import lbfgs, two_loop_recursion
from stylelab.optimizers.step import Step

BOX = (-2.0, 2.0, -1.0, 1.0)


def bowl(point: Any) -> tuple[float, Any]:
    return float(point[0] ** 2 + 3 * point[1] ** 2), np.array([2 * point[0], 6 * point[1]])


@pytest.fixture
def walk() -> list[Step]:
    start = np.array([0.9, 0.2])
    return list(gradient_descent(bowl, start=start, steps=4, learning_rate=0.1))


def lines_of(axes: Any) -> Any:
    return [(list(line.get_xdata()), list(line.get_ydata())) for line in axes.lines]


def notes_in(axes: Any) -> list[Any]:
    return [text for text in axes.texts if hasattr(text, "xy")]


def test_each_path_has_its_own_panel_with_all_of_its_points(walk: list[Step]) -> None:
    points = [step.image for step in walk]
    figure = plot_optimizer_paths(bowl, {"all": points, "half": points[:2]}, box=BOX)
    first, second = figure.figure.axes
    assert (first.get_title(), second.get_title()) == ("all", "half")
    assert lines_of(first)[0] == (
        pytest.approx([x for x, _ in points]),
        pytest.approx([y for _, y in points]),
    )
    assert len(lines_of(second)[0][0]) == 2
    assert first.get_xlim() == BOX[:2]
    assert first.get_ylim() == BOX[2:]


def test_paths_mark_the_lowest_point(walk: list[Step]) -> None:
    figure = plot_optimizer_paths(
        bowl, {"a": [step.image for step in walk]}, box=BOX, lowest=(0.5, -0.5)
    )
    assert ([0.5], [-0.5]) in lines_of(figure.figure.axes[0])


def test_the_alt_text_of_paths_has_their_steps_and_losses(walk: list[Step]) -> None:
    alt = plot_optimizer_paths(bowl, {"gentle": [step.image for step in walk]}, box=BOX).alt
    assert f"gentle: 4 steps, loss from 0.93 to {walk[-1].loss:.3g}" in alt


def test_low_losses_have_dark_contours() -> None:
    figure = plot_optimizer_paths(bowl, {"stays": [[1.9, 0.9]]}, box=BOX).figure
    (land,) = (entry for entry in figure.axes[0].collections if hasattr(entry, "levels"))
    low, high = np.asarray(land.cmap(land.norm(land.levels[[1, -2]])))[:, :3].sum(1)
    assert low < high


def test_steepest_descent_is_at_right_angles_to_the_contours() -> None:
    start = (1.2, 0.5)
    figure = plot_steepest_descent(bowl, [start], box=BOX, alt="One arrow in a bowl.")
    (axes,) = figure.figure.axes
    (arrow,) = notes_in(axes)
    way = np.array(arrow.xy) - start
    down = -bowl(start)[1]
    assert way @ down == pytest.approx(np.linalg.norm(way) * np.linalg.norm(down))
    assert axes.get_aspect() == 1
    assert figure.alt == "One arrow in a bowl."


def test_descents_plot_losses_per_step_and_label_each_end(walk: list[Step]) -> None:
    figure = plot_descents({"steps": walk, "numbers": [4.0, 2.0, 1.5]})
    (axes,) = figure.figure.axes
    first, second = lines_of(axes)
    assert first == ([0, 1, 2, 3, 4], [step.loss for step in walk])
    assert second == ([0, 1, 2], [4.0, 2.0, 1.5])
    assert axes.get_yscale() == "log"
    assert axes.get_xlabel() == "step"
    assert "loss" in axes.get_ylabel()
    assert set(texts(axes)) == {f"steps: {walk[-1].loss:.3g}", "numbers: 1.5"}


def test_descents_per_evaluation_count_line_search_evaluations() -> None:
    def bent(point: Any) -> tuple[float, Any]:
        x, y = point
        off = y - x**2
        return (1 - x) ** 2 + 20 * off**2, np.array([-2 * (1 - x) - 80 * x * off, 40 * off])

    start = np.array([-1.2, 1.0])
    walk = list(lbfgs(bent, start=start, steps=12, bounds=(-9, 9)))
    (axes,) = plot_descents({"L-BFGS": walk}, per="evaluation").figure.axes
    spent = [step.evaluations for step in walk]
    assert lines_of(axes)[0][0] == spent
    assert spent != list(range(1, len(spent) + 1)), "the case must have a search in it"
    assert "evaluations" in axes.get_xlabel()


def test_end_labels_do_not_overlap() -> None:
    runs = {name: [5.0, last] for name, last in (("a", 1.5), ("b", 1.49), ("c", 1.51))}
    (axes,) = plot_descents(runs).figure.axes
    heights = sorted(text.xy[1] for text in notes_in(axes))
    assert min(np.diff(heights)) > 0.08
    by_height = sorted(notes_in(axes), key=lambda text: text.xy[1])
    assert [text.get_text()[0] for text in by_height] == ["b", "a", "c"]


def test_the_alt_text_of_descents_states_final_and_highest_losses() -> None:
    alt = plot_descents({"calm": [4, 3, 2], "wild": [4, 2500, 3]}).alt
    assert "calm: from 4 to 2 after 2 steps;" in alt
    assert "wild: from 4 to 3 after 2 steps, at most 2,500" in alt


def test_invalid_input_is_refused() -> None:
    with pytest.raises(SettingsError, match="at least one path"):
        plot_optimizer_paths(bowl, {}, box=BOX)
    with pytest.raises(SettingsError, match=r"shape \(N, 2\).*'flat'"):
        plot_optimizer_paths(bowl, {"flat": [1.0, 2.0]}, box=BOX)
    with pytest.raises(SettingsError, match="at least one run"):
        plot_descents({})
    with pytest.raises(SettingsError, match="losses alone"):
        plot_descents({"numbers": [3.0, 2.0]}, per="evaluation")


@pytest.fixture
def painted() -> dict[str, list[Step]]:
    def gray(image: Any) -> tuple[float, Any]:
        return float(((image - 0.2) ** 2).sum()) + 0.1, 2 * (image - 0.2)

    start = np.full((20, 30, 3), 0.9, np.float32)
    return {
        "slow, rate 0.05": list(gradient_descent(gray, start=start, steps=6, learning_rate=0.05)),
        "quick": list(lbfgs(gray, start=start, steps=2)),
        "later": [],
    }


def test_a_race_shows_each_loss_over_evaluations_on_a_logarithmic_axis(
    painted: dict[str, list[Step]],
) -> None:
    axes = plot_optimizer_race(painted).figure.axes[0]
    assert axes.get_yscale() == "log"
    assert len(axes.lines) == 2
    for line, name in zip(axes.lines, painted, strict=False):
        walk = painted[name]
        assert list(line.get_xdata()) == [step.evaluations for step in walk]  # type: ignore[arg-type]
        assert list(line.get_ydata()) == [step.loss for step in walk]  # type: ignore[arg-type]
    assert [text.get_text().split(":")[0] for text in axes.texts] == ["quick", "slow, rate 0.05"]


def test_a_race_shows_the_start_the_last_pictures_and_placeholders(
    painted: dict[str, list[Step]],
) -> None:
    panels = plot_optimizer_race(painted).figure.axes[1:]
    assert [axes.get_title() for axes in panels] == [
        "the start", "slow\nrate 0.05", "quick", "later",
    ]  # fmt: skip
    shown = [np.asarray(axes.images[0].get_array()).mean() for axes in panels if axes.images]
    arrived = [walk[-1].image.mean() for walk in painted.values() if walk]
    assert shown == pytest.approx([0.9, *arrived], abs=1e-3)
    assert texts(panels[-1]) == ["not run yet"]
    width, height = plot_optimizer_race(painted).figure.get_size_inches()
    for axes in panels:
        box = axes.get_position()
        assert box.width * width / (box.height * height) == pytest.approx(30 / 20, rel=0.01)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_pictures_of_a_race_are_300_pixels_wide_and_apart(count: int) -> None:
    start = np.full((20, 30, 3), 0.4, np.float32)
    runs: dict[str, list[Step]] = {f"run {number}": [] for number in range(count)}
    figure = plot_optimizer_race(runs, start=start).figure
    places = [axes.get_position() for axes in figure.axes[1:]]
    assert len(places) == 1 + count
    assert min(place.width for place in places) * figure.get_figwidth() * 110 > 290
    assert not any(one.overlaps(other) for one, other in combinations(places, 2))
    assert all(0 <= place.x0 < place.x1 <= 1 for place in places)
    assert all(place.y0 >= -1e-6 for place in places)


def test_a_race_has_one_colour_per_run_and_describes_all(
    painted: dict[str, list[Step]],
) -> None:
    figure = plot_optimizer_race(
        painted, colours={"slow, rate 0.05": "red", "quick": "blue", "later": "green"}
    )
    curves, _, *panels = figure.figure.axes
    assert [line.get_color() for line in curves.lines] == ["red", "blue"]
    assert [axes.title.get_color() for axes in panels] == ["red", "blue", "green"]
    for words in ("slow, rate 0.05: from", "after 7 evaluations", "Not run yet: later."):
        assert words in figure.alt


def test_a_race_without_steps_needs_its_start() -> None:
    start = np.full((20, 30, 3), 0.4, np.float32)
    figure = plot_optimizer_race({"a": []}, start=start)
    assert len(figure.figure.axes[0].lines) == 0
    assert figure.encode()
    nobody: tuple[dict[str, list[Step]], ...] = ({}, {"a": []})
    for wrong in nobody:
        with pytest.raises(SettingsError, match="at least one run"):
            plot_optimizer_race(wrong)


def test_the_arrows_of_the_two_loops_add_up_to_the_step() -> None:
    start, curvature = np.array([1.5, 0.8]), np.array([2.0, 6.0])
    one, other = [(s, curvature * s) for s in (np.array([0.3, -0.5]), np.array([-0.4, -0.1]))]
    figure = plot_two_loops(bowl, start, {"one": [one], "two": [one, other]}, box=BOX)
    for axes, pairs in zip(figure.figure.axes, ([one], [one, other]), strict=True):
        *parts, step = [(np.array(arrow.xyann), np.array(arrow.xy)) for arrow in notes_in(axes)]
        np.testing.assert_allclose(step[0], start)
        expected = start - two_loop_recursion(bowl(start)[1], pairs)
        np.testing.assert_allclose(step[1], expected)
        np.testing.assert_allclose(parts[-1][1], expected)
        np.testing.assert_allclose(sum(tip - tail for tail, tip in parts), expected - start)
        for (tail, tip), (s, _) in zip(parts[1:], pairs, strict=True):  # along s of each pair
            assert np.linalg.det(np.array([tip - tail, s])) == pytest.approx(0, abs=1e-12)
    assert "two: the step ends at" in figure.alt


@pytest.mark.parametrize("memories", [{}, {"none": []}])
def test_two_loops_without_pairs_are_refused(memories: Any) -> None:
    with pytest.raises(SettingsError, match="at least one pair"):
        plot_two_loops(bowl, (1.0, 1.0), memories, box=BOX)


def test_four_paths_stand_in_a_square(walk: list[Step]) -> None:
    points = [step.image for step in walk]
    axes = plot_optimizer_paths(bowl, dict.fromkeys("abcd", points), box=BOX).figure.axes
    assert [one.get_subplotspec().colspan.start for one in axes] == [0, 1, 0, 1]  # type: ignore[union-attr]
