"""WITec's own files, ``.wip`` and ``.wid``.

`tags` is the tree of bytes; `project` the objects in it; `graphs`, `axis` and `place` the numbers, the channels and
the points of a graph; `text` and `trace` what is said of a measurement; `reader` puts them together.
"""

from ramanfit.formats.wip.reader import READER, no_spectrum

__all__ = ["READER", "no_spectrum"]
