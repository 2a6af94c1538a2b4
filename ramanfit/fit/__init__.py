"""From a scan to its fits: the steps in their order (`pipeline`), and a module for each step.

`prepare` cuts and masks, `engine` minimises, `noise` weighs, `cosmic_rays` masks what no model holds, `residuals` and
`intervals` say how far to trust it, `quantities` turns parameters into what is published, `curves` goes back from a
table to the curve. Knows nothing of files, tables or printing. May import `scan`, `recipe`, `errors` and `frozen`.
"""
