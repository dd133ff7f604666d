"""Writing files whole or not at all."""

from __future__ import annotations

import os
import uuid
from pathlib import Path


def write_whole(target: Path, text: str) -> None:
    """Write a file beside the target and put it in the target's place, which happens at once."""
    beside = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    try:
        with open(beside, "x", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.replace(beside, target)
    finally:
        beside.unlink(missing_ok=True)
