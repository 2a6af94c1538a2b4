"""Plans of synthetic experiments."""

from ramanfit.synthetic.plan.cell import SWITCH_S, CellStep, PlannedCell
from ramanfit.synthetic.plan.parts import Background, Detector, PlannedAxis, PlannedScan, Spikes
from ramanfit.synthetic.plan.plan import Plan, load_plan, plan_from_toml
from ramanfit.synthetic.plan.points import Course, PlannedPeak, PlannedPoint, knots

__all__ = [
    "SWITCH_S",
    "Background",
    "CellStep",
    "Course",
    "Detector",
    "Plan",
    "PlannedAxis",
    "PlannedCell",
    "PlannedPeak",
    "PlannedPoint",
    "PlannedScan",
    "Spikes",
    "knots",
    "load_plan",
    "plan_from_toml",
]
