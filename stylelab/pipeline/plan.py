"""A run before it starts: inputs, settings, stages, and what it will take."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from stylelab.network.vgg19 import LEARNED
from stylelab.pipeline.cost_estimate import estimate_cost, validate_memory

if TYPE_CHECKING:
    from stylelab.network.vgg19 import WeightsSource
    from stylelab.pipeline.cost_estimate import CostEstimate
    from stylelab.pipeline.inputs import TransferInputs
    from stylelab.pipeline.settings import Settings
    from stylelab.pipeline.stages import Stage


@dataclass(frozen=True, eq=False)
class Plan:
    """All that decides a run. Made by `make_plan`.

    ```python
    settings = sl.Settings(size=64, steps=2)
    plan = sl.make_plan(sl.load_inputs(photo, painting, settings), settings)
    plan.stages, plan.cost
    ```

    Attributes:
        inputs: what goes in, masks of the photo's size.
        settings: how it is painted.
        weights: the network's; see `VGG19`.
    """

    inputs: TransferInputs
    settings: Settings
    weights: WeightsSource = field(default=LEARNED, repr=False)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The sizes, coarse to fine."""
        return self.settings.stages(*self.inputs.photo.shape[:2])

    @cached_property
    def cost(self) -> CostEstimate:
        """Time and memory that the run will take, about."""
        return estimate_cost(**self._cost_arguments)

    def validate_memory(self) -> None:
        """Raise a `SettingsError` unless the run fits into memory; it names a size that would."""
        validate_memory(self.cost, **self._cost_arguments)

    @property
    def _cost_arguments(self) -> dict[str, Any]:
        return {
            "shape": self.inputs.photo.shape[:2],
            "settings": self.settings,
            "layers": self.inputs.styles.layers,
            "inputs": [array.shape[:2] for array in self.inputs.arrays],
        }


def make_plan(
    inputs: TransferInputs, settings: Settings, *, weights: WeightsSource = LEARNED
) -> Plan:
    """Plan a run, and check that inputs and settings go together.

    ```python
    settings = sl.Settings(size=64, steps=2)
    plan = sl.make_plan(sl.load_inputs(photo, painting, settings), settings)
    print(plan.cost)
    for progress in sl.transfer_steps(plan):
        progress.image
    ```

    Args:
        inputs: see `load_inputs`.
        settings: see `Settings`.
        weights: the network's; see `VGG19`.

    Raises:
        PictureError: a mask does not fit the photo, or what is kept leaves no place for a style.
        SettingsError: the weights of all styles are 0, or a statistic cannot be computed in tiles.
    """
    inputs = inputs.fit_masks()
    if settings.tile is not None:
        inputs.styles.validate_tiling()
    return Plan(inputs, settings, weights)
