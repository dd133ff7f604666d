"""Text in drawings: made visible, shortened, and measured without a font at hand."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

#: Advance widths of DejaVu Sans, space to "~", in hundredths of the font size. It is the widest of the fonts
#: that drawings ask for, so text that fits by this table fits in all of them.
_WIDTHS = (
    *(32, 40, 46, 84, 64, 95, 78, 28, 39, 39, 50, 84, 32, 36, 32, 34, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64),
    *(34, 34, 84, 84, 84, 53, 100, 68, 69, 70, 77, 63, 58, 78, 75, 30, 30, 66, 56, 86, 75, 79, 60, 79, 70),
    *(64, 61, 73, 68, 99, 69, 61, 69, 39, 34, 39, 84, 50, 50, 61, 64, 55, 64, 62, 35, 64, 63, 28, 28, 58),
    *(28, 97, 63, 61, 64, 64, 41, 52, 39, 63, 59, 82, 59, 59, 53, 64, 34, 64, 84),
)
_OTHERS = {"·": 32, "…": 100, "→": 84, "×": 84, "∂": 54, "₋": 53}
_BOLD = 1.12
_SUBSCRIPTS = str.maketrans("0123456789-", "₀₁₂₃₄₅₆₇₈₉₋")


def visible(text: str) -> str:
    r"""Return ``text`` with every character that cannot be seen written out, as Python would.

    So control characters, which XML forbids, line separators and marks that turn the direction of
    writing come out as text.

    >>> visible("a\u2028b\x00"), visible("naïve <b> 名")
    ('a\\u2028b\\x00', 'naïve <b> 名')
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def shorten(text: str, limit: int = 30) -> str:
    """Return ``text``, or its beginning and end around an ellipsis where it has over ``limit`` characters.

    >>> shorten("a_very_long_name_of_a_layer", 12)
    'a_very…layer'
    """
    if len(text) <= limit:
        return text
    end = (limit - 1) // 2
    return f"{text[: limit - 1 - end]}…{text[-end:]}"


def subscript(number: int) -> str:
    """Return a number as it stands below the line: ``h`` + ``subscript(3)`` is h₃."""
    return str(number).translate(_SUBSCRIPTS)


def width(text: str, size: float, bold: bool = False) -> float:
    """Return how wide ``text`` is at most, in the units of the font size."""
    return _hundredths(text) * size / 100 * (_BOLD if bold else 1.0)


@lru_cache(4096)  # drawings say the same again and again
def _hundredths(text: str) -> int:
    return sum(map(_width_of, text))


def _width_of(character: str) -> int:
    code = ord(character)
    if 32 <= code < 127:
        return _WIDTHS[code - 32]
    if character in _OTHERS:
        return _OTHERS[character]
    if "₀" <= character <= "₉":
        return 44
    if unicodedata.combining(character):
        return 0
    return 104 if unicodedata.east_asian_width(character) in "WF" else 90


def shape_text(shape: Sequence[object]) -> str:
    """Return a shape as drawings show it.

    >>> shape_text((32, 10)), shape_text((8,)), shape_text(())
    ('(32, 10)', '(8)', 'scalar')
    """
    return f"({', '.join(map(str, shape))})" if shape else "scalar"


def product_text(shape: Sequence[int]) -> str:
    """Return a weight's shape as the product that its size is: ``32 × 256``."""
    return " × ".join(map(str, shape)) if shape else "1"


def few(names: Sequence[str]) -> list[str]:
    """Return the first of many names, and how many more there are.

    >>> few(["a", "b", "c"]), few(["a", "b", "c", "d"])
    (['a', 'b', 'c'], ['a', 'b', 'and 2 more'])
    """
    return list(names) if len(names) <= 3 else [*names[:2], f"and {len(names) - 2} more"]


def listed(names: Sequence[str]) -> str:
    """Return names as messages list them.

    >>> listed(["a", "b"])
    "'a', 'b'"
    """
    return ", ".join(repr(name) for name in names)


def short(number: float) -> str:
    """Return a number with four digits; NaN and infinity by name.

    >>> short(0.00012345678), short(float("nan")), short(float("-inf"))
    ('0.0001235', 'NaN', '-Inf')
    """
    return f"{number:.4g}".replace("nan", "NaN").replace("inf", "Inf")
