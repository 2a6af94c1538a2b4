"""Synthetic experiments: a plan, the spectra it makes, and the files an instrument would write of them.

May import `experiment`, `formats`, `tables`, `fit`, `scan`, `recipe`, `errors` and `frozen`.
"""
