"""The batched engine once more, in C++: built where an installer finds a compiler, and left out where it does not.

`library` finds and loads it, `engine` fits with it, `build` is the hook that makes it. NumPy stays the reference: a
test holds that both give the same numbers.
"""
