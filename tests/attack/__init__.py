"""Attacks on whole commands: ``python -m tests.attack``. CI runs a few of each kind, in tests/test_attack.py.

A class of attacks is a function with `@attack`, in a module that `__main__` imports; see `registry`.
"""
