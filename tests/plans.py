"""Plans for tests, in one call."""

from typing import Any

from stylelab.pipeline.inputs import load_inputs
from stylelab.pipeline.plan import Plan, make_plan
from stylelab.pipeline.settings import Settings


def plan_for(photo: Any, painting: Any, settings: Settings, **inputs: Any) -> Plan:
    """What `transfer` runs for a photo and a painting, or a loss of style terms."""
    return make_plan(load_inputs(photo, painting, settings, **inputs), settings)
