"""The cost estimate in words, then a progress bar."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Self

from stylelab.pipeline.streams import TolerantStream

if TYPE_CHECKING:
    from stylelab.pipeline.cost_estimate import CostEstimate
    from stylelab.pipeline.progress import Progress


class ProgressBar:
    """The cost estimate in words, then a progress bar with the time left."""

    def __init__(self, cost: CostEstimate, *, shown: bool | str) -> None:
        from tqdm import tqdm

        # Jupyter shows the standard error on red.
        file = TolerantStream(sys.stdout if in_notebook() else sys.stderr)
        if isinstance(shown, str):
            print(shown, file=file)
        if shown:
            print(cost, file=file, flush=True)
        self.bar = tqdm(
            total=1.0,
            file=file,
            disable=not shown,
            ncols=80,
            bar_format="{percentage:3.0f}% {bar} {elapsed} < {remaining}{postfix}",
        )

    def show(self, progress: Progress) -> None:
        """Move the bar to where the run is."""
        stage, step = progress.stages[progress.stage], progress.step
        self.bar.set_postfix_str(
            f"{max(stage.height, stage.width)} px, loss {step.loss:.3g}", refresh=False
        )
        self.bar.update(progress.share - self.bar.n)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.close()


def in_notebook() -> bool:
    """Whether this program is a notebook's kernel."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")
