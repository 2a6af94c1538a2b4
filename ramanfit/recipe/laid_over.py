"""One recipe over another: peaks, ratios and derived values of the same name key by key, others behind them."""

from __future__ import annotations

from typing import Any

from ramanfit.errors import RecipeError

DEFAULT_RATIO = "ratio"
"""What a ratio is called that has no name."""


def laid_over(key: str, under: Any, value: Any, *, table: bool, listed: bool) -> Any:
    """Return a setting laid over that of a base; what is wrong with it is left for `from_dict` to say.

    Parameters
    ----------
    key : str
    under, value : object
        As TOML has them.
    table, listed : bool
        Whether the key is that of a table, or of a list of tables with names.

    Raises
    ------
    RecipeError
        If two of a list have one name.
    """
    if table and isinstance(value, dict):
        return {**under, **value}
    if not listed or not isinstance(value, list):
        return value
    items = {item["name"]: item for item in under}
    unnamed, met = [], list[str]()
    for item in value:
        name = item.get("name", DEFAULT_RATIO if key == "ratios" else None) if isinstance(item, dict) else None
        if not isinstance(name, str):
            unnamed.append(item)
            continue
        if name in met:
            raise RecipeError(f"{key}: expected different names, found {name!r} twice")
        met.append(name)
        before = items.get(name, {})
        if item.get("shape", before.get("shape")) != before.get("shape"):  # another shape has another form
            before = {k: v for k, v in before.items() if not k.startswith("form")}
        items[name] = {**before, **item}
    return [*items.values(), *unnamed]
