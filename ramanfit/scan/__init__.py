"""What was measured, and when and where: `Scan` is spectra on one axis, checked once.

`schedule` says which scan and which point of an experiment a spectrum is, its place and its time. Counts of large
files stay in their file until they are taken (`stored`). May import `errors` and `frozen`.
"""
