"""Colours and line styles. Blue, vermilion and green are told apart by colour-blind people (Okabe and Ito
2008), and each pass has dashes of its own too: colour never stands alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

INK, MUTED, FAINT, PAPER, PANEL = "#1b1f24", "#57606a", "#c4ccd4", "#ffffff", "#f5f7f9"
WEIGHT, WEIGHT_FILL = "#6b4fa0", "#f3effa"


@dataclass(frozen=True)
class Style:
    """How a pass is drawn, and what the legend calls it."""

    stroke: str
    fill: str
    meaning: str
    dashes: str | None = None
    width: float = 1.6

    @property
    def line(self) -> dict[str, Any]:
        """The attributes of a line, its colour apart."""
        return {"stroke_width": self.width, "stroke_dasharray": self.dashes}


STYLES = {
    "forward": Style("#0067a5", "#eaf4fb", "forward: values"),
    "backward": Style("#c24e00", "#fff3ea", "backward: gradients", "7 4"),
    "update": Style("#00734f", "#e8f7f1", "update: new weights", "2 3"),
}
SAVED = Style("#7fa8c4", "#eaf4fb", "value that the backward pass reads again", width=1.0)
