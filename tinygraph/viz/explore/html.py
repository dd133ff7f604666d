"""The explore page as one HTML file: a frame, styles, scripts and data, which loads nothing.

Its Content-Security-Policy lets run only what stands here, told by hash. The data are packed into letters and
digits in a script element that is not run; the page puts what it finds in them in place as text.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from pathlib import Path

from tinygraph.viz.text import visible

_PAGE = Path(__file__).parent / "page"


def page(title: str, data: str) -> str:
    """Return the page of a title that shows ``data``: what `packed` returns."""
    style, script = _joined(_PAGE / "styles"), _joined(_PAGE / "scripts")
    policy = {
        "default-src": "'none'",
        "script-src": f"'{_hash(script)}'",
        "style-src": f"'{_hash(style)}'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    parts = {
        "policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "title": html.escape(visible(title)),
        "style": style,
        "data": html.escape(data),
        "script": script,
    }
    frame = (_PAGE / "frame.html").read_text(encoding="utf-8")
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], frame)


def _joined(folder: Path) -> str:
    """Return the files of a folder one after the other; in the order of their names."""
    found = sorted(folder.iterdir(), key=lambda file: file.name)
    return "\n".join(file.read_text(encoding="utf-8") for file in found)


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
