"""A function's text with what is known of its arguments put in, and what that decides left out.

    h = zeros if state is None else state      with state = None      ->      h = zeros

The text is changed piece by piece, not printed anew from its syntax tree, so that comments and layout stay.
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Collection, Iterator, Mapping
from typing import Any

#: what is added or multiplied in vain
UNITS: Mapping[type, float] = {ast.Add: 0.0, ast.Mult: 1.0}


def reduced(source: str, known: Mapping[str, str], present: Collection[str]) -> str:
    """Return the text of a function for some of its arguments known; its signature stays as it is.

    Args:
        source: the text of one function.
        known: the values of arguments, as expressions.
        present: the arguments of which only this is known, that they are not None.

    >>> print(reduced("def f(x, b=None):\\n    return x if b is None else x + b\\n", {"b": "None"}, []))
    def f(x, b=None):
        return x
    """
    text = textwrap.dedent(source).rstrip()
    while (change := next(_changes(text, known, present), None)) is not None:
        start, end, new = change
        text = text[:start] + new + text[end:]
    return text


def _changes(text: str, known: Mapping[str, str], present: Collection[str]) -> Iterator[tuple[int, int, str]]:
    """What can be put in or left out: from where to where, and what stands there instead."""
    places = Places(text)
    (function,) = ast.parse(text).body
    assert isinstance(function, ast.FunctionDef)
    for k, statement in enumerate(function.body[:-1]):
        if isinstance(statement, ast.Return):  # what follows is never reached
            yield places.starts[function.body[k + 1].lineno - 1] - 1, len(text), ""
    for node in (each for statement in function.body for each in ast.walk(statement)):
        if isinstance(node, ast.If) and (truth := decided(node.test, present)) is not None:
            yield places.lines(node, node.body if truth else node.orelse)
        elif isinstance(node, ast.IfExp) and (truth := decided(node.test, present)) is not None:
            yield places.bare(node, places.text(node.body if truth else node.orelse))
        elif isinstance(node, ast.BinOp) and type(node.op) in UNITS and _is(node.right, UNITS[type(node.op)]):
            yield places.bare(node, places.text(node.left))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "linear":
            yield places.bare(node, places.text(node.args[0]))
        elif isinstance(node, ast.Name) and node.id in known and isinstance(node.ctx, ast.Load):
            yield places.bare(node, known[node.id])


def decided(test: ast.expr, present: Collection[str]) -> bool | None:
    """Return what a test comes to, or None if that is not known.

    >>> [decided(ast.parse(test, mode="eval").body, ["x"]) for test in ("None is None", "x is None", "x > 0")]
    [True, False, None]
    """
    if isinstance(test, ast.Constant):
        return bool(test.value)
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], (ast.Is, ast.IsNot)):
        left, right = test.left, test.comparators[0]
        if isinstance(left, ast.Constant):
            return _same(left, right) is isinstance(test.ops[0], ast.Is)
        if isinstance(left, ast.Name) and left.id in present:
            return isinstance(test.ops[0], ast.IsNot)
    return None


def _same(left: ast.Constant, right: ast.expr) -> bool:
    return isinstance(right, ast.Constant) and left.value is right.value


def _is(node: ast.expr, value: float) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is float and node.value == value


class Places:
    """Where the parts of a syntax tree stand in the text that it was read from."""

    def __init__(self, text: str):
        self.whole = text
        self.starts = [0]
        for line in text.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))

    def offset(self, line: int, column: int) -> int:
        """The place of a column, which counts bytes, in a line that counts from 1."""
        begin = self.starts[line - 1]
        before = self.whole[begin : self.starts[line]].encode()[:column]
        return begin + len(before.decode())

    def span(self, node: Any) -> tuple[int, int]:
        """From where to where a node stands."""
        start = self.offset(node.lineno, node.col_offset)
        return start, self.offset(node.end_lineno, node.end_col_offset)

    def text(self, node: ast.AST) -> str:
        """The text of a node."""
        start, end = self.span(node)
        return self.whole[start:end]

    def bare(self, node: ast.AST, new: str) -> tuple[int, int, str]:
        """``new`` in the place of an expression, without the parentheses around it that it does not need."""
        start, end = self.span(node)
        before, after = self.whole[start - 1 : start], self.whole[end : end + 1]
        called = self.whole[start - 2 : start - 1].isidentifier()
        simple = isinstance(
            ast.parse(new, mode="eval").body, (ast.Name, ast.Constant, ast.Call, ast.Attribute)
        )
        if (before, after) == ("(", ")") and simple and not called:
            return start - 1, end + 1, new
        return start, end, new

    def lines(self, node: ast.If, kept: list[ast.stmt]) -> tuple[int, int, str]:
        """The kept statements in the place of an ``if``, with the comments between and behind them."""
        start, end = self.starts[node.lineno - 1], self.starts[node.end_lineno or 0]
        if not kept:
            return start, end, ""
        before = node.body[-1].end_lineno if kept is node.orelse else None  # ``else:`` is a line as well
        begin = self.starts[node.lineno if before is None else before + 1]
        inner = textwrap.dedent(self.whole[begin : self.starts[kept[-1].end_lineno or 0]])
        return start, end, textwrap.indent(inner, " " * node.col_offset)
