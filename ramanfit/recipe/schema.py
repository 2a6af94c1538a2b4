"""The JSON Schema of recipes, which editors of TOML check and complete with; made of the settings themselves.

It knows names, types, words and bounds of single values. What several say together, such as a lower bound above the
upper one, only `ramanfit.recipe.toml.load_recipe` finds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from typing import Any

from ramanfit.recipe.formula import LONGEST
from ramanfit.recipe.parts import AXIS_UNITS, ERRORS, LEAST_INSTRUMENT_CM1, MAX_ORDER, NOISE_MODELS
from ramanfit.recipe.peaks import COLUMN_NAME, SHAPES
from ramanfit.recipe.recipe import Recipe
from ramanfit.recipe.settings import NONE
from ramanfit.recipe.toml import LISTS, TABLES, TEXTS

DIALECT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]

_NUMBER: Schema = {"type": "number"}
_NONE: Schema = {"enum": [NONE]}
_PAIR: Schema = {"type": "array", "items": _NUMBER, "minItems": 2, "maxItems": 2}
_TYPES: dict[str, Schema] = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "bool": {"type": "boolean"},
    "float": _NUMBER,
    "float | None": {"anyOf": [_NUMBER, _NONE]},
    "int | str": {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": rf"^(auto|{NONE}|\d+)$"}]},
    "float | str": {
        "anyOf": [
            _NUMBER,
            {"enum": ["auto", NONE]},
            {"type": "string", "pattern": r"^\s*\+?[\d._]+([eE][+-]?\d+)?\s*$"},
        ]
    },
    "tuple[float, ...]": {"type": "array", "items": _NUMBER},
    "tuple[str, ...]": {"type": "array", "items": {"type": "string"}},
    "tuple[tuple[float, float], ...]": {"type": "array", "items": _PAIR},
}
_ABOVE_0: Schema = {"exclusiveMinimum": 0}
_FORMS = [form for form in SHAPES.values() if form is not None]
_FORM: Schema = {
    "minimum": min(form.least for form in _FORMS),
    "maximum": max(form.largest for form in _FORMS),
}
_NAMED: Schema = {"pattern": f"^{COLUMN_NAME.pattern}$"}
LIMITS: dict[str, Schema] = {
    "axis.unit": {"enum": [*AXIS_UNITS]},
    "axis.laser_nm": _ABOVE_0,
    "instrument.fwhm_cm1": {"minimum": LEAST_INSTRUMENT_CM1},
    "clean.saturation_counts": _ABOVE_0,
    "baseline.order": {"minimum": 0, "maximum": MAX_ORDER},
    "baseline.margin_cm1": {"minimum": 0},
    "baseline.smooth_cm1": _ABOVE_0,
    "noise.model": {"enum": [*NOISE_MODELS]},
    "detection.min_snr": {"minimum": 0},
    "detection.low_snr": {"minimum": 0},
    "errors.method": {"enum": [*ERRORS]},
    "errors.samples": {"minimum": 50, "maximum": 10_000},
    "bands.half_width_cm1": _ABOVE_0,
    "bands.at_cm1": {"uniqueItems": True},
    "bands.controls_cm1": {"uniqueItems": True},
    "peaks.name": _NAMED,
    "peaks.shape": {"enum": [*SHAPES]},
    "peaks.fwhm_cm1": _ABOVE_0,
    "peaks.fwhm_min_cm1": _ABOVE_0,
    "peaks.fwhm_max_cm1": _ABOVE_0,
    "peaks.form": _FORM,
    "peaks.form_min": _FORM,
    "peaks.form_max": _FORM,
    "peaks.fwhm_ratio": _ABOVE_0,
    "peaks.height_ratio": _ABOVE_0,
    "ratios.name": _NAMED,
    "derived.name": _NAMED,
    "derived.formula": {"minLength": 1, "maxLength": LONGEST},
}
"""What a value may be beside its type, by the key of its setting; a test holds each against what the settings check."""


def recipe_schema() -> Schema:
    """Return the schema as nested dicts and lists, to be written as JSON."""
    about = _described(Recipe)
    properties: Schema = {
        "base": {"type": "string", "description": "The shipped recipe, or the file, that this one is laid over."}
    }
    properties |= {name: {"type": "string", "description": about[name]} for name in TEXTS}
    properties |= {key: _table(key, cls) for key, cls in TABLES.items()}
    for key, cls in LISTS.items():
        properties[key] = {"type": "array", "description": _said(cls), "items": _table(key, cls)}
    properties["beside"] = {"type": "array", "description": about["beside"], "items": {"$ref": "#"}}
    whole: Schema = {key: {"items": {"required": _required(cls)}} for key, cls in LISTS.items()}
    whole["peaks"]["minItems"] = 1
    return {
        "$schema": DIALECT,
        "title": "Recipe of ramanfit",
        "description": "Every setting of a fit of Raman spectra.",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "if": {"required": ["base"]},
        "else": {"required": _required(Recipe), "properties": whole},
    }


def _table(key: str, cls: type[Any]) -> Schema:
    """Return the schema of one table; every setting has its description, its default and its limits."""
    about = _described(cls)
    properties = {f.name: {"description": about.get(f.name, ""), **_value(f"{key}.{f.name}", f)} for f in fields(cls)}
    return {"type": "object", "description": _said(cls), "properties": properties, "additionalProperties": False}


def _value(key: str, setting: Field[Any]) -> Schema:
    value, limits = dict(_TYPES[str(setting.type)]), LIMITS.get(key, {})
    if "anyOf" in value:
        value["anyOf"] = [{**value["anyOf"][0], **limits}, *value["anyOf"][1:]]
    else:
        value |= limits
    if setting.default is not MISSING:
        value["default"] = NONE if setting.default is None else _plain(setting.default)
    return value


def _plain(value: object) -> object:
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _required(cls: type[Any]) -> list[str]:
    return [f.name for f in fields(cls) if f.default is MISSING and f.default_factory is MISSING]


def _said(cls: type[Any]) -> str:
    """Return the first sentence of a class's docstring."""
    return (cls.__doc__ or "").partition("\n")[0]


def _described(cls: type[Any]) -> Mapping[str, str]:
    """Return what the docstring says of every attribute."""
    about = re.search(r"Attributes\n\s*-+\n(.*?)(?:\n\n|\Z)", cls.__doc__ or "", re.S)
    described: dict[str, str] = {}
    names: list[str] = []
    for line in (about[1] if about else "").splitlines():
        if len(line) - len(line.lstrip()) <= 4:
            named, _, _ = line.partition(" : ")
            names = [name.strip() for name in named.split(",")]
            described |= dict.fromkeys(names, "")
        else:
            words = line.strip().replace("``", "").replace("`", "")
            described |= {name: f"{described[name]} {words}".strip() for name in names}
    return described
