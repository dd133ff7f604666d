"""What a language must have for formulas to be written in it: LLVM's vectors, or CUDA's C."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class Value(NamedTuple):
    """A value in a text: its name there, its dtype, and its number where it is a constant."""

    text: str
    dtype: str
    number: float | None = None


class Language(Protocol):
    """Writes operations on values, and says under which name each result stands."""

    def number(self, number: float, dtype: str) -> Value:
        """A constant."""

    def convert(self, value: Value, dtype: str) -> Value:
        """``value`` in another dtype; there is none from floats to whole numbers."""

    def arithmetic(self, operator: str, x: Value, y: Value) -> Value:
        """+, -, * or / of two values of one dtype; + and * of truth values are "or" and "and"."""

    def logical(self, instruction: str, x: Value, y: Value) -> Value:
        """``and``, ``or`` or ``xor`` of truth values."""

    def compare(self, operator: str, x: Value, y: Value) -> Value:
        """A comparison; with NaN each but != is false."""

    def select(self, condition: Value, x: Value, y: Value) -> Value:
        """x where the condition holds, else y."""

    def negative(self, x: Value) -> Value:
        """-x."""

    def function(self, name: str, *args: Value) -> Value:
        """A function of floats: one of `functions.FLOATS_ONLY`, ``abs`` or ``floor``."""
