"""How fast ramanfit is, as ratios measured in one run: ``python -m tests.benchmark``."""
