import html
import importlib
from typing import Any

import numpy as np
import pytest

from stylelab.errors import SettingsError
from stylelab.network.convolution import KERNELS
from stylelab.panels import kernel_editor
from stylelab.panels.kernel_editor import CUSTOM, MAX_SIDE, KernelEditor
from stylelab.pictures.images import Picture
from stylelab.samples.catalogue import sample


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The kernels that are drawn, in order."""
    module = importlib.import_module("stylelab.panels.kernel_editor")  # not the function
    kernels: list[Any] = []
    draw = module.show_edited_kernel

    def noting(picture: Any, kernel: Any, answer: Any) -> Any:
        kernels.append(np.array(kernel))
        return draw(picture, kernel, answer)

    monkeypatch.setattr(module, "show_edited_kernel", noting)
    return kernels


@pytest.fixture
def editor(photo: Picture, drawn: list[Any]) -> KernelEditor:
    editor = kernel_editor(photo)
    drawn.clear()
    return editor


def presets(editor: KernelEditor) -> Any:
    return editor.widgets["kernel"]


def fields(editor: KernelEditor) -> list[Any]:
    return list(editor.widgets.values())[1:]


def numbers(editor: KernelEditor) -> Any:
    return np.reshape([field.value for field in fields(editor)], (3, 3))


def says(editor: KernelEditor) -> str:
    return html.unescape(editor.message.value)


def test_it_starts_with_the_requested_kernel(photo: Picture) -> None:
    editor = kernel_editor(photo, "emboss")
    np.testing.assert_array_equal(numbers(editor), KERNELS["emboss"])
    assert presets(editor).value == "emboss"
    assert "−2 −1 0; −1 1 1; 0 1 2" in editor.drawing.alt


@pytest.mark.parametrize("name", [name for name in KERNELS if name != "vertical edges"])
def test_a_preset_fills_the_nine_fields_and_draws_once(
    editor: KernelEditor, drawn: list[Any], name: str
) -> None:
    presets(editor).value = name
    np.testing.assert_allclose(numbers(editor), KERNELS[name], atol=1e-4)
    assert len(drawn) == 1
    np.testing.assert_array_equal(drawn[0], KERNELS[name])  # with all its digits
    assert presets(editor).value == name


def test_a_changed_number_draws_once_and_makes_the_kernel_custom(
    editor: KernelEditor, drawn: list[Any]
) -> None:
    fields(editor)[4].value = 3  # row 2, column 2
    assert presets(editor).value == CUSTOM
    expected = KERNELS["vertical edges"].copy()
    expected[1, 1] = 3
    assert len(drawn) == 1
    np.testing.assert_array_equal(drawn[0], expected)
    assert "−1 0 1; −2 3 2; −1 0 1" in editor.drawing.alt


def test_choosing_your_own_keeps_the_numbers(editor: KernelEditor) -> None:
    presets(editor).value = CUSTOM
    np.testing.assert_array_equal(numbers(editor), KERNELS["vertical edges"])
    presets(editor).value = "vertical edges"
    assert presets(editor).value == "vertical edges"


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), 1e6])
def test_an_unusable_number_shows_a_message_and_keeps_the_picture(
    editor: KernelEditor, wrong: float
) -> None:
    before = editor.drawing
    fields(editor)[0].value = wrong
    assert "nine fields" in says(editor)
    assert editor.drawing is before
    fields(editor)[0].value = 1
    assert says(editor) == ""
    assert editor.drawing is not before


def test_large_weights_are_written_as_in_their_fields(editor: KernelEditor) -> None:
    fields(editor)[0].value = -1000
    fields(editor)[8].value = 1000
    assert "kernel −1000 0 1; −2 0 2; −1 0 1000," in editor.drawing.alt


def test_a_preset_replaces_an_invalid_field(editor: KernelEditor) -> None:
    fields(editor)[8].value = float("nan")
    presets(editor).value = "identity"
    assert says(editor) == ""
    np.testing.assert_array_equal(numbers(editor), KERNELS["identity"])


def test_the_response_excludes_zero_padding(photo: Picture) -> None:
    white = np.ones_like(photo)
    assert "from 0 to 0," in kernel_editor(white).drawing.alt


def test_large_pictures_are_scaled_down_and_small_ones_unchanged(photo: Picture) -> None:
    for picture, longest in ((sample("coffee", 300), MAX_SIDE), (photo, 64)):
        shown: Any = kernel_editor(picture).drawing.figure.axes[0].images[0].get_array()
        assert max(shown.shape) == longest


def test_the_first_picture_is_stored_for_pages_without_a_kernel(editor: KernelEditor) -> None:
    presets(editor).value = "blur"
    bundle, metadata = editor._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert "−1 0 1; −2 0 2; −1 0 1" in metadata["image/jpeg"]["alt"]


def test_an_unknown_kernel_is_refused(photo: Picture) -> None:
    with pytest.raises(SettingsError, match="sharpen"):
        kernel_editor(photo, "sharper")
