"""Tables: their columns, how they are read back, the forms they are written in, and the files they go to.

May import `fit`, `scan`, `recipe`, `errors` and `frozen`.
"""
