"""What people look at: axes with their words, figures for print, the report for a browser.

`figures` alone knows matplotlib. May import `experiment`, `tables`, `fit`, `scan`, `recipe`, `errors` and `frozen`.
"""
