"""What people look at: axes with their words, figures for print, the report for a browser.

May import `experiment` and every room above it; `figures` alone knows matplotlib.
"""
