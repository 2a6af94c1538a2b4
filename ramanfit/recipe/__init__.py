"""Every setting of a fit as one frozen value, the shipped recipes, and their way from and to TOML.

May import `errors` and `frozen`.
"""
