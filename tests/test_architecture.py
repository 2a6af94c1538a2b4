"""The house: imports run one way only, and heavy libraries stay in their rooms."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import ramanfit

PACKAGE = Path(ramanfit.__file__).parent
FLOORS = [
    {"errors"},
    {"scan", "settings", "lineshapes", "result"},
    {"readers", "recipe", "recipe_toml"},
    {"model", "noise"},
    {"clean", "starts"},
    {"varpro", "reference"},
    {"quantities"},
    {"pipeline", "series"},
    {"tables", "rounding", "outputs", "columns", "fit_tables"},
    {"encoders", "documents", "writers", "simulate"},
    {"cli"},
    {"__main__"},
]
