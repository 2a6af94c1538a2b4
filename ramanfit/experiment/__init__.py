"""Many scans as one experiment: bands, outliers, evolution, the cell's record, calibration and provenance.

May import `tables`, `formats`, `fit`, `scan`, `recipe`, `errors` and `frozen`.
"""
