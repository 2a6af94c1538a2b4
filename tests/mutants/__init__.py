"""Whether the tests notice: constants, signs and comparisons of the package, changed one at a time."""
