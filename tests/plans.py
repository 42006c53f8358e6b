"""Plans for tests, in one call."""

from typing import Any

from stylelab.losses.loss import Loss
from stylelab.panels.studio.run_state import Job
from stylelab.pipeline.inputs import TransferInputs, load_inputs
from stylelab.pipeline.plan import Plan, make_plan
from stylelab.pipeline.settings import Settings


def plan_for(photo: Any, painting: Any, settings: Settings, **inputs: Any) -> Plan:
    """What `transfer` runs for a photo and a painting, or a loss of style terms."""
    return make_plan(load_inputs(photo, painting, settings, **inputs), settings)


def job_for(photo: Any, painting: Any, settings: Settings, **inputs: Any) -> Job:
    """What the studio paints: a photo and a painting, or a loss of style terms."""
    is_loss = isinstance(painting, Loss)
    styles = painting if is_loss else settings.style_loss(painting)
    metadata = styles.describe() if is_loss else None
    return Job(TransferInputs(photo, styles, metadata=metadata, **inputs), settings)
