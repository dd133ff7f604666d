"""`Head`: one output of a compiled model, and what is reported of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinygraph.graph import Shape
from tinygraph.nn.losses import Loss
from tinygraph.nn.metrics import Metric


@dataclass(eq=False)
class Head:
    """One output of a compiled model, with what it is trained and judged by."""

    name: str
    loss: Loss | None
    weight: float
    metrics: Sequence[Metric]
    weighted_metrics: Sequence[Metric]

    @property
    def target(self) -> str:
        """The name of the input that the true values are fed by."""
        return f"true {self.name}"

    @property
    def sample_weight(self) -> str:
        """The name of the input that the samples' weights are fed by."""
        return f"weight {self.name}"

    def target_shape(self, shape: Shape) -> Shape:
        """The shape of the true values for predictions of ``shape``: labels lack the axis of classes."""
        return shape[:-1] if self.takes_classes else shape

    @property
    def takes_any(self) -> bool:
        """Whether the true values may have any shape: those of a loss that is a function."""
        return self.loss is not None and self.loss.target_kind is None

    @property
    def takes_classes(self) -> bool:
        """Whether the true values are whole numbers, the indices of classes."""
        return self.loss is not None and self.loss.target_kind == "classes"


def metrics_of(heads: Sequence[Head]) -> list[tuple[str, Metric, Head, bool]]:
    """Return each metric with its name in the history, its output, and whether it takes weights.

    With several outputs the name of the output stands in front.
    """
    found: list[tuple[str, Metric, Head, bool]] = []
    for head in heads:
        prefix = f"{head.name}_" if len(heads) > 1 else ""
        names = {metric.name for metric in head.metrics}
        found += [(prefix + metric.name, metric, head, False) for metric in head.metrics]
        for metric in head.weighted_metrics:
            name = f"weighted_{metric.name}" if metric.name in names else metric.name
            found.append((prefix + name, metric, head, True))
    return found
