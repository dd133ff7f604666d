"""The ``scalar`` of an operation, text in C's form, as a tree."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

_TOKEN = re.compile(r"\s*(\{\w+\}|\d+(?:\.\d*)?(?:e-?\d+)?|\w+|&&|\|\||[<>=!]=|.)")
_BINARY = [("||",), ("&&",), ("==", "!="), ("<", "<=", ">", ">="), ("+", "-"), ("*", "/")]  # loosest first


class Expression(NamedTuple):
    """``kind`` is an operator, a function, "?", "operand", "attribute" or "number"; the last three have
    what they stand for as only argument."""

    kind: str
    args: tuple


@cache
def parse(text: str) -> Expression:
    """Return the tree of ``text``."""
    tokens = _TOKEN.findall(text.strip())
    tree = _choice(tokens)
    if tokens:
        raise ValueError(f"scalar {text!r}: cannot read from {tokens[0]!r} on.")
    return tree


def _choice(tokens: list[str]) -> Expression:
    condition = _binary(tokens, 0)
    if not _next_is(tokens, "?"):
        return condition
    chosen = _choice(tokens)
    _expect(tokens, ":")
    return Expression("?", (condition, chosen, _choice(tokens)))


def _binary(tokens: list[str], level: int) -> Expression:
    if level == len(_BINARY):
        return _unary(tokens)
    left = _binary(tokens, level + 1)
    while tokens and tokens[0] in _BINARY[level]:
        left = Expression(tokens.pop(0), (left, _binary(tokens, level + 1)))
    return left


def _unary(tokens: list[str]) -> Expression:
    token = tokens.pop(0)
    if token == "-":
        return Expression("negative", (_unary(tokens),))
    if token == "!":
        return Expression("!", (_unary(tokens),))
    if token == "(":
        inner = _choice(tokens)
        _expect(tokens, ")")
        return inner
    if token[0] == "{":
        name = token[1:-1]
        return Expression("operand", (int(name),)) if name.isdigit() else Expression("attribute", (name,))
    if token[0].isdigit():
        return Expression("number", (float(token),))
    _expect(tokens, "(")
    args = [_choice(tokens)]
    while _next_is(tokens, ","):
        args.append(_choice(tokens))
    _expect(tokens, ")")
    return Expression(token, tuple(args))


def _next_is(tokens: list[str], token: str) -> bool:
    if tokens and tokens[0] == token:
        tokens.pop(0)
        return True
    return False


def _expect(tokens: list[str], token: str) -> None:
    if not _next_is(tokens, token):
        raise ValueError(f"scalar: expected {token!r} before {' '.join(tokens)!r}.")
