"""Writing files whole or not at all."""

from __future__ import annotations

import os
import uuid
from pathlib import Path


def write_whole(target: Path, content: str | bytes) -> None:
    """Write a file beside the target and put it in the target's place, which happens at once."""
    beside = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    try:
        with open(beside, "xb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        os.replace(beside, target)
    finally:
        beside.unlink(missing_ok=True)
