"""The explore page as one HTML file: a frame, styles, scripts and data, which loads nothing.

Its Content-Security-Policy lets run only what stands here, told by hash. The data are JSON in a script
element that is not run; the page puts them in place as text.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from tinygraph.viz.text import visible

_PAGE = files("tinygraph.viz.explore") / "page"


def page(payload: Mapping[str, Any], title: str) -> str:
    """Return the page that shows ``payload``: plain data, in which NaN and infinities are not numbers."""
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
        "data": _json(payload),
        "script": script,
    }
    frame = (_PAGE / "frame.html").read_text(encoding="utf-8")
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], frame)


def _joined(folder: Traversable) -> str:
    """Return the files of a folder one after the other; their names begin with their places."""
    found = sorted(folder.iterdir(), key=lambda file: file.name)
    return "\n".join(file.read_text(encoding="utf-8") for file in found)


def _json(payload: Mapping[str, Any]) -> str:
    """Return JSON in which no ``</script>`` or ``<!--`` can end the element that it stands in."""
    text = json.dumps(payload, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
