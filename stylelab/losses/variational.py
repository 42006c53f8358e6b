"""The two oldest terms alone: smoothness and fidelity, minimised exactly and by descent.

C = argmin ‖∇C‖² + λ‖C − X‖² asks for a picture C that is near X and smooth at once. ‖∇C‖² is the sum
of squared differences between neighbours, in both directions; λ, the *fidelity*, says how much nearness
counts. No network looks on, so the minimum can be written down: the loss is quadratic, and its gradient

    2 (L C + λ (C − X))

is linear, with L = ∇ᵀ∇ (minus the Laplacian, no flow over the border: Neumann's condition). Cosines of
half-integer phase are the eigenvectors of L, so a cosine transform (type 2) makes a division of solving
L C + λ C = λ X: each coefficient is multiplied by λ / (λ + eigenvalue). See Strang 1999, "The Discrete
Cosine Transform", SIAM Review 41.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.errors import PictureError, SettingsError
from stylelab.pictures.validation import as_float, describe_received

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array = NDArray[np.floating[Any]]


def solve_smoothing(image: Array, fidelity: float) -> NDArray[np.float64]:
    """Compute argmin ‖∇C‖² + λ‖C − X‖² exactly, by a cosine transform.

    ```python
    smooth = sl.solve_smoothing(photo, fidelity=0.5)
    ```

    Args:
        image: X, shape (H, W) or (H, W, channels), any floats; each channel is solved for itself.
        fidelity: λ, above 0. The larger, the nearer to X.

    Returns:
        C, of the shape of X, float64. Its values lie between the lowest and the highest of X, and
        their mean is that of X.

    Raises:
        PictureError: the picture has another shape, or values that are not finite.
        SettingsError: the fidelity is not a finite number above 0.
    """
    from scipy.fft import dctn, idctn

    target = _validate_image(image)
    _validate_fidelity(fidelity)
    response = low_pass(target.shape[:2], fidelity)
    coefficients = dctn(target, type=2, norm="ortho", axes=(0, 1))
    coefficients *= response.reshape(response.shape + (1,) * (target.ndim - 2))
    smooth: NDArray[np.float64] = idctn(coefficients, type=2, norm="ortho", axes=(0, 1))
    return smooth


def low_pass(shape: tuple[int, int], fidelity: float) -> NDArray[np.float64]:
    """What the exact solution multiplies each cosine by: λ / (λ + eigenvalue), 1 for the slowest.

    Args:
        shape: (H, W) of the picture.
        fidelity: λ, above 0.

    Returns:
        Shape (H, W): entry (k, l) belongs to the cosine that swings k/2 times from top to bottom and
        l/2 times from left to right. In (0, 1].

    Raises:
        SettingsError: the fidelity is not a finite number above 0.
    """
    _validate_fidelity(fidelity)
    down, across = (2 - 2 * np.cos(np.pi * np.arange(side) / side) for side in shape)
    response: NDArray[np.float64] = fidelity / (fidelity + down[:, None] + across)
    return response


def smoothing_loss(
    image: Array, fidelity: float
) -> Callable[[Array], tuple[float, NDArray[np.float64]]]:
    """Make the function C → (‖∇C‖² + λ‖C − X‖², its gradient), for an optimizer.

    ```python
    loss = sl.smoothing_loss(photo, fidelity=0.5)
    *_, step = sl.lbfgs(loss, start=photo, steps=5)
    ```

    Args:
        image: X, shape (H, W) or (H, W, channels).
        fidelity: λ, above 0.

    Returns:
        A function of an array of the shape of X. Sums are taken, not means; all in float64.

    Raises:
        PictureError: the picture has another shape, or values that are not finite.
        SettingsError: the fidelity is not a finite number above 0.
    """
    target = _validate_image(image)
    _validate_fidelity(fidelity)

    def loss(candidate: Array) -> tuple[float, NDArray[np.float64]]:
        smooth = np.asarray(candidate, np.float64)
        down, across, difference = np.diff(smooth, axis=0), np.diff(smooth, axis=1), smooth - target
        value = (down**2).sum() + (across**2).sum() + fidelity * (difference**2).sum()
        gradient = fidelity * difference
        gradient[1:] += down
        gradient[:-1] -= down
        gradient[:, 1:] += across
        gradient[:, :-1] -= across
        return float(value), 2 * gradient

    return loss


def _validate_image(image: Array) -> NDArray[np.float64]:
    values = np.asarray(image, np.float64)
    if values.ndim not in (2, 3) or 0 in values.shape or not np.isfinite(values).all():
        raise PictureError(
            "Expected a picture of finite numbers, of shape (H, W) or (H, W, channels). Received: "
            f"shape {values.shape}{'' if np.isfinite(values).all() else ', with NaN or infinity'}."
        )
    return values


def _validate_fidelity(fidelity: float) -> None:
    if not 0 < as_float(fidelity) < math.inf:
        raise SettingsError(
            "Expected a finite fidelity above 0. "
            f"Received: {describe_received(fidelity)}. With 0 every picture of "
            "one colour would be a minimum."
        )
