"""Which flags make a value doubtful, so that figures mark it."""

from __future__ import annotations

DOUBTFUL = (
    "at_bound",
    "no_covariance",
    "saturated",
    "clipped",
    "missing_band",
    "baseline_misfit",
    "line_shape",
    "broad_as_baseline",
    "residual_structure",
    "doublet_preferred",
    "swapped",
    "edge_of_window",
    "outlier",
    "ratio_mismatch",
)
"""Flags that make the values of a spectrum doubtful: figures mark these. The others leave no value, are cured, as a
cosmic ray is, or are already in the errors, as is weak light."""


COUNTS_DOUBTFUL = ("saturated", "clipped")
"""Flags that make the counts themselves doubtful, whatever is fitted to them."""
