"""What a project holds: data objects, each of a class, that refer to one another by their IDs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from ramanfit.formats.text import one_line
from ramanfit.formats.wip.tags import Content, Tag, read_root

NEWEST = 8  # project version
_MOST = 1 << 16  # data objects


class Item:
    """One data object: a graph, a transformation, a text ..."""

    def __init__(self, kind: str, tag: Tag) -> None:
        self.kind, self.tag = kind, tag

    @cached_property
    def about(self) -> Tag:
        """What every object says of itself."""
        return self.tag["TData"]

    @property
    def id(self) -> int:
        """The number that others refer to it by."""
        return self.about["ID"].integer()

    @property
    def caption(self) -> str:
        """Its name, on one line."""
        return one_line(self.about["Caption"].text())

    @property
    def name(self) -> str:
        """The caption, or the ID where there is none."""
        return self.caption or f"ID {self.id}"

    @property
    def guid(self) -> str:
        """Its name in the trace of what was done; empty in old projects."""
        return self.word("GUID").upper()

    def word(self, name: str) -> str:
        """Return a text that it may say of itself."""
        tag = self.about.find(name)
        return "" if tag is None else tag.text().strip()

    @property
    def hidden(self) -> bool:
        """Whether it is but a step on the way to something else, which the software does not show."""
        marks = (self.about.find(name) for name in ("IsIntermediateResult", "IsHiddenUserResult"))
        return any(bool(mark.integer(0, 1)) for mark in marks if mark is not None)


class Project:
    """A project or a data file.

    Attributes
    ----------
    version : int
        0 for the oldest.
    items : list of Item
        In the order of the file.
    trace : Tag or None
        What was done, from version 8 on.

    Raises
    ------
    FormatError
        If the tree is not whole.
    """

    def __init__(self, content: Content, path: str) -> None:
        self.path = path
        root = read_root(content, path)
        version = root.find("Version")
        self.version = 0 if version is None else version.integer()
        self.trace = root.find("Trace")
        data = root["Data"]
        number = data["NumberOfData"].integer(0, _MOST)
        self.items = [Item(data[f"DataClassName {i}"].text(), data[f"Data {i}"]) for i in range(number)]
        if f"Data {number}" in data.children:
            raise data["NumberOfData"].wrong(f"the number of data, at least {number + 1}", str(number))

    @cached_property
    def by_id(self) -> Mapping[int, Item]:
        """All objects by ID."""
        owners: dict[int, Item] = {}
        for item in self.items:
            if owners.setdefault(item.id, item) is not item:
                raise item.about["ID"].wrong("an ID of its own", f"{item.id}, which {owners[item.id].caption!r} has")
        return owners

    def refer(self, tag: Tag, name: str) -> Item | None:
        """Return the object whose ID stands in a tag, None where the tag is missing or says 0.

        Raises
        ------
        FormatError
            If there is no object of this ID.
        """
        reference = tag.find(name)
        number = 0 if reference is None else reference.integer()
        if reference is None or not number:
            return None
        item = self.by_id.get(number)
        if item is None:
            raise reference.wrong("the ID of an object of the project", str(number))
        return item
