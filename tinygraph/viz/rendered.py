"""Renders SVG as PNG and PDF: by Typst, of which one wheel has all that it needs, fonts included."""

from __future__ import annotations

import re
from math import sqrt
from typing import Any, Literal

_PAGE = """#set document(date: none)
#set page(width: auto, height: auto, margin: 0pt)
#image("drawing.svg", width: {:.2f}pt)
"""
#: A pixel of an SVG is 3/4 of a point, of which an inch has 72: a PNG has two pixels for each of the SVG's.
_POINTS, _PER_INCH = 0.75, 192.0
#: A PNG of more pixels, and a page of more points on a side, many programs do not open.
_MOST_PIXELS, _LONGEST_PAGE = 1e8, 14_400.0


def rendered(svg: str, form: Literal["png", "pdf"]) -> bytes:
    """Return an SVG document as a PNG image or as a PDF of one page; the same bytes at any time.

    Raises:
        ImportError: the extra ``png`` is not installed.
    """
    try:
        import typst
    except ImportError:
        raise ImportError(
            f"Writing {form.upper()} needs the package typst, which is not installed: "
            "pip install 'tinygraph[png]'. SVG, DOT and TikZ need nothing."
        ) from None
    width, height = (
        float(side) for side in re.findall(r' (?:width|height)="([^"]+)"', svg.partition(">")[0])
    )
    fits = {
        "png": sqrt(_MOST_PIXELS / (4 * width * height)),
        "pdf": _LONGEST_PAGE / (_POINTS * max(width, height)),
    }
    page = _PAGE.format(width * _POINTS * min(1.0, fits[form]))
    files: Any = {"main.typ": page.encode(), "drawing.svg": svg.encode()}  # typst's stub lacks dicts
    document: bytes = typst.compile(files, format=form, ppi=_PER_INCH)
    return document
