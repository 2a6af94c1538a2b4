"""Damaged files for every reader: ``python -m tests.fuzz``. No test runs it; tests/test_fuzz.py takes a few of each."""
