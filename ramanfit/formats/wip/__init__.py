"""WITec's own files, projects (``.wip``) and data files (``.wid``), read without the vendor's software.

`tags` is the tree of tags that the bytes are, and `project` the objects in it, which refer to one another by number.
`graphs` has the counts of a graph, which stay in the file, `axis` its spectral axis, `place` where and when its spectra
were taken. `text` and `trace` have what was written down of a measurement. `reader` puts them together to scans.
"""

from ramanfit.formats.wip.reader import READER

__all__ = ["READER"]
