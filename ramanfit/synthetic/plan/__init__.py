"""Plans of synthetic experiments, read from TOML and checked when they are made.

`plan` has the whole, `parts` its tables of one kind each: axis, scan, detector, background and cosmic rays.
`points` has the peaks at every point and how they change from scan to scan, `on_map` how a map mixes them, `cell` what
the potentiostat does meanwhile. A plan only says what is meant; `ramanfit.synthetic.simulate` carries it out.
"""

from ramanfit.synthetic.plan.cell import SWITCH_S, CellStep, PlannedCell
from ramanfit.synthetic.plan.on_map import PlannedMap
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
    "PlannedMap",
    "PlannedPeak",
    "PlannedPoint",
    "PlannedScan",
    "Spikes",
    "knots",
    "load_plan",
    "plan_from_toml",
]
