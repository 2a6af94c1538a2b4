"""Many scans as one experiment: bands, outliers, evolution, the cell's record, calibration and provenance.

May import every room above it: `tables`, `fit`, `formats`, `scan`, `recipe` and `errors`.
"""
