"""Formulas over the quantities of peaks: what one may say, and what it is evaluated with."""

from __future__ import annotations

import operator
import re
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from ramanfit.recipe.settings import choice, expect

if TYPE_CHECKING:
    import ast

QUANTITIES = ("center", "fwhm", "height", "area")
"""What of a peak a formula may name."""

LONGEST = 1000  # characters
DEEPEST = 100  # operations inside one another
OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "Add": operator.add,
    "Sub": operator.sub,
    "Mult": operator.mul,
    "Div": operator.truediv,
}
_WORDS = r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|([A-Za-z][A-Za-z0-9'_]*)"
_SIGNS = str.maketrans("−×·÷\n\t", "-**/  ")
_EXPECTED = "numbers and " + ", ".join(QUANTITIES) + " of peaks with + - * / ( )"

Value = TypeVar("Value")


class Step(NamedTuple):
    """One step of a formula.

    Attributes
    ----------
    what : str
        ``number``, one of `QUANTITIES`, which go onto a pile; or one of `OPERATORS`, which takes two from it.
    number : float
    peak : str
    """

    what: str
    number: float = 0.0
    peak: str = ""


class Formula(NamedTuple):
    """A formula that is known to be valid: its steps, operands before what is done with them."""

    steps: tuple[Step, ...]

    @property
    def quantities(self) -> tuple[tuple[str, str], ...]:
        """Quantity and peak of all that is in it, each once, in the order of the formula."""
        return tuple(dict.fromkeys((step.what, step.peak) for step in self.steps if step.peak))

    @property
    def peaks(self) -> tuple[str, ...]:
        """The peaks in it, each once, in the order of the formula."""
        return tuple(dict.fromkeys(peak for _, peak in self.quantities))

    def evaluate(self, number: Callable[[float], Value], quantity: Callable[[str, str], Value]) -> Value:
        """Return its value in anything that can be added, subtracted, multiplied and divided.

        Parameters
        ----------
        number : callable
            Makes a value of a number.
        quantity : callable
            Returns the value of a quantity and a peak.
        """
        pile: list[Value] = []
        for what, constant, peak in self.steps:
            if what in OPERATORS:
                second = pile.pop()
                pile.append(OPERATORS[what](pile.pop(), second))
            else:
                pile.append(quantity(what, peak) if peak else number(constant))
        return pile[0]


def parse_formula(text: str, key: str, peaks: Collection[str], ratios: Mapping[str, tuple[str, str]]) -> Formula:
    """Return what a text says; it is read, never run.

    Parameters
    ----------
    text : str
    key : str
        Where it stands in the recipe, for messages.
    peaks : collection of str
    ratios : mapping of str to (str, str)
        Numerator and denominator of the ratios that may be named; ``area_NAME`` is that of areas.

    Raises
    ------
    RecipeError
        If it is no formula, or names what there is not.
    """
    import ast

    expect(len(text) <= LONGEST, key, f"at most {LONGEST} characters", f"{len(text)} of them")
    plain = text.translate(_SIGNS).strip()
    expect(plain.isascii() and plain.isprintable(), key, _EXPECTED, text)
    # names become underscores, so that those of peaks may hold ' or be words of Python; the places stay as they are
    hidden = re.sub(_WORDS, lambda word: "_" * len(word[0]) if word[1] else word[0], plain)
    tree = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(hidden, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        expect(False, key, _EXPECTED, text)
    assert tree is not None
    formula = Formula(tuple(_Reader(plain, key, peaks, ratios).steps(tree.body)))
    expect(bool(formula.peaks), key, "a quantity of a peak in it, such as height(G)", text)
    return formula


class _Reader(NamedTuple):
    text: str
    key: str
    peaks: Collection[str]
    ratios: Mapping[str, tuple[str, str]]

    def steps(self, node: ast.expr, depth: int = 0) -> Iterator[Step]:
        import ast

        expect(depth < DEEPEST, self.key, f"at most {DEEPEST} operations inside one another", "more")
        said = self._said(node)
        if isinstance(node, ast.BinOp) and (name := type(node.op).__name__) in OPERATORS:
            yield from self.steps(node.left, depth + 1)
            yield from self.steps(node.right, depth + 1)
            yield Step(name)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            yield Step("number", 0.0)
            yield from self.steps(node.operand, depth + 1)
            yield Step("Sub")
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.UAdd):
            yield from self.steps(node.operand, depth + 1)
        elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
            expect(bool(re.fullmatch(_WORDS, said)), self.key, _EXPECTED, said)
            expect(float(said) < float("inf"), self.key, "a finite number", said)
            yield Step("number", float(said))
        elif isinstance(node, ast.Name):
            yield from self._ratio(said)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            choice(self._said(node.func), QUANTITIES, self.key, "quantity")
            one = len(node.args) == 1 and not node.keywords and isinstance(node.args[0], ast.Name)
            expect(one, self.key, f"one peak, as in {self._said(node.func)}({next(iter(self.peaks))})", said)
            peak = self._said(node.args[0])
            choice(peak, self.peaks, self.key, "peak")
            yield Step(self._said(node.func), peak=peak)
        else:
            expect(False, self.key, _EXPECTED, said)

    def _ratio(self, name: str) -> Iterator[Step]:
        expect(name not in self.peaks, self.key, f"what of the peak, as in height({name})", name)
        ratios = {
            f"{start}{of}": ("area" if start else "height", pair)
            for start in ("", "area_")
            for of, pair in self.ratios.items()
        }
        expect(bool(ratios), self.key, _EXPECTED, name)
        choice(name, ratios, self.key, "ratio")
        quantity, (numerator, denominator) = ratios[name]
        yield from (Step(quantity, peak=numerator), Step(quantity, peak=denominator), Step("Div"))

    def _said(self, node: ast.expr) -> str:
        return self.text[node.col_offset : node.end_col_offset]
