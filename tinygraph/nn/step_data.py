"""What a model's `train_step` and `test_step` take and return, as nodes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from tinygraph.graph import GraphError, Node
from tinygraph.nn.checks import one_number


class StepData(NamedTuple):
    """What a step is made of, as nodes: inputs, true values and weights of samples."""

    x: Any
    y: Any
    sample_weight: Any


def made_of_step(made: Any, what: str) -> tuple[Node, Any, Sequence[Node] | None]:
    """Return what a step returned, (loss, y_pred) or (loss, y_pred, gradients), or raise `GraphError`."""
    if not isinstance(made, tuple) or len(made) not in (2, 3):
        raise GraphError(
            f"{what}: expected (loss, y_pred) or (loss, y_pred, gradients), got {type(made).__name__}."
        )
    loss, y_pred, slopes = (*made, None)[:3]
    return one_number(loss, f"{what}, loss"), y_pred, slopes
