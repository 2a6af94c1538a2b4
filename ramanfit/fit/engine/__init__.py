"""What minimises: `varpro`, batched, on the problems `lorentzians` and `linked`; `reference`, lmfit, one by one.

Model, counts and weights in, a `FitResult` out. May import the models of `fit`, never its pipeline.
"""
