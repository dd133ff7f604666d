"""`Runnable`: what a step of a model is run by: a compiled function, or what takes its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from tinygraph.graph import Node


class Runnable(Protocol):
    """One program, or several that make one step."""

    @property
    def inputs(self) -> Mapping[str, Node]:
        """What it is fed, by name."""

    def __call__(self, /, **feeds: Any) -> Any:
        """Run it and return its outputs."""

    def start(self, /, **feeds: Any) -> dict[str, Any]:
        """Run it without waiting for a device; return copies of its outputs where they stand."""

    def failed(self) -> int | None:
        """Wait; return which `start` since this was last asked was the first whose guard was False."""

    def first_nonfinite(self, /, **feeds: Any) -> Node | None:
        """Return the first node whose value is NaN or infinite on ``feeds``."""
