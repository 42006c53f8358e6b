"""The published formulations of content and style: their formulas, and nothing else.

`"relative"`, the default, has no units: 1 means "as far from the target as nothing at all", whatever
the layer, the size and the network, so weights carry over. The others are published ones, so that the
weights of another system can be used as they are:

| formulation | content | style, per layer |
|---|---|---|
| `"relative"` | ‖F−P‖² / ‖P‖² | ‖G−A‖² / ‖A‖², G per position |
| `"gatys2016"` | ½ Σ(F−P)² (eq. 1) | Σ(G−A)² / (4N²M²), G = F·Fᵀ (eq. 4), layers weighted 1/5 |
| `"gatys_notebook"` | mean (F−P)² | 1e3/N² · mean (G−A)², G = F·Fᵀ/M |
| `"johnson2016"` | Σ(F−P)² / (NM) (eq. 2) | Σ(G−A)², G = F·Fᵀ/(NM) (eq. 3, 4) |

A style may also be measured by another statistic than the Gram matrix (see
`stylelab.losses.statistics`), always in the relative formulation; and both terms may be held to a
region by a mask: sums over positions then count each as much as the mask does there, and M is the sum
of the mask.

F, G belong to the picture, P, A to the target; N channels, M positions. Gatys et al. 2016 is "Image
Style Transfer Using Convolutional Neural Networks" (CVPR); its authors' notebook is
PytorchNeuralStyleTransfer; Johnson et al. 2016 is arXiv:1603.08155 (which uses VGG16). Where the
paper divides both Gram matrices by one M, each is divided by its own here: the same for pictures of
one size, and still meaningful for two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from stylelab.errors import SettingsError
from stylelab.network.tensorflow import import_tensorflow

if TYPE_CHECKING:
    from stylelab.network.tensorflow import Tensor

Formulation = Literal["relative", "gatys2016", "gatys_notebook", "johnson2016"]
FORMULATIONS: tuple[Formulation, ...] = ("relative", "gatys2016", "gatys_notebook", "johnson2016")


def content_distance(
    squares: Tensor, formulation: Formulation, *, energy: Any, entries: float
) -> Tensor:
    """Content distance at one layer.

    Args:
        squares: Σ(F−P)².
        formulation: see the table at the top of this module.
        energy: ‖P‖².
        entries: N·M.
    """
    divisors = {"relative": energy, "gatys2016": 2}
    return squares / divisors.get(formulation, entries)


def gram_distance(
    sums: tuple[Tensor, ...], target: tuple[Tensor, ...], formulation: Formulation
) -> Tensor:
    """Style distance at one layer in one of the published formulations, by Gram matrices.

    Args:
        sums: F·Fᵀ, (N, N), and M.
        target: the same of the painting.
        formulation: any but `"relative"`, whose distance is that of the statistic.
    """
    tensorflow = import_tensorflow()
    channels = float(sums[0].shape[0])
    rows = sums[0].shape[0] if formulation == "johnson2016" else 1.0
    gram, target_gram = (products / (positions * rows) for products, positions in (sums, target))
    squares = tensorflow.reduce_sum(tensorflow.square(gram - target_gram))
    divisors = {"gatys2016": 4 * channels**2, "gatys_notebook": channels**4 / 1e3}
    return squares / divisors.get(formulation, 1.0)


def validate_formulation(formulation: Formulation) -> Formulation:
    """Return a formulation; raise a `SettingsError` if it is unknown."""
    if formulation not in FORMULATIONS:
        raise SettingsError(
            f"Expected a formulation of the loss: {', '.join(FORMULATIONS)}. "
            f"Received: {formulation!r}."
        )
    return formulation
