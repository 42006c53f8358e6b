"""Weights that may change while a run goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stylelab.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from stylelab.losses.loss import Loss
    from stylelab.pipeline.inputs import TransferInputs
    from stylelab.pipeline.plan import Plan
    from stylelab.pipeline.settings import Settings


class LiveWeights:
    """The settings and style weights in force, and those asked for meanwhile.

    Args:
        plan: of the run.
        live: asked before each step for settings and styles to go on with; None if nothing changes.

    Attributes:
        settings: in force.
        styles: a loss of style terms, of which only the weights count.
    """

    def __init__(self, plan: Plan, live: Callable[[], tuple[Settings, Loss]] | None) -> None:
        self.settings = plan.settings
        self.styles = plan.inputs.styles
        self._weights = plan.weights
        self._live = live

    def poll(self) -> bool:
        """Take over the weights asked for; whether any weight or setting has changed.

        Raises:
            SettingsError: more than weights was changed.
        """
        if self._live is None:
            return False
        settings, styles = self._live()
        if others := self.settings.non_weight_changes(settings):
            raise SettingsError(
                "Expected only weights to change during a run. Received: another "
                f"{' and another '.join(others)}. Start a new run with it."
            )
        # Raises, if they are other terms.
        part_weights = self.styles.with_weights_of(styles).part_weights
        changed = settings != self.settings or not np.array_equal(
            part_weights, self.styles.part_weights
        )
        self.settings, self.styles = settings, styles
        return changed

    def loss(self, inputs: TransferInputs) -> Loss:
        """Loss for inputs at a stage's size; with every term if their weights may change."""
        return self.settings.loss(
            inputs.photo,
            inputs.styles.with_weights_of(self.styles),
            self._weights,
            keep=inputs.keep,
            all_terms=self._live is not None,
        )
