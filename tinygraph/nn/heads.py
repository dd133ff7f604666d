"""What `compile` was told, sorted out by output: loss, weight and metrics of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tinygraph.nn import losses, metrics
from tinygraph.nn.registry import did_you_mean
from tinygraph.nn.steps import Head

if TYPE_CHECKING:
    from tinygraph.nn.graphed import Graphed


def heads_of(model: Graphed, given: Mapping[str, Any]) -> list[Head]:
    """Return a `Head` for each output of a built model."""
    names = model.output_names
    loss = _spread(given["loss"], names, "loss")
    weight = _spread(given["loss_weights"], names, "loss_weights")
    judged = _spread(given["metrics"], names, "metrics", lists=True)
    weighted = _spread(given["weighted_metrics"], names, "weighted_metrics", lists=True)
    heads = []
    for name, symbol in zip(names, model.outputs, strict=True):
        criterion = None if loss[name] is None else losses.get(loss[name])
        heads.append(
            Head(
                name,
                criterion,
                1.0 if weight[name] is None else float(weight[name]),
                [metrics.get(m, criterion, symbol.shape) for m in _list(judged[name])],
                [metrics.get(m, criterion, symbol.shape) for m in _list(weighted[name])],
            )
        )
    if all(head.loss is None for head in heads):
        raise ValueError(f"{model.title}.compile: no output has a loss.")
    return heads


def check_named(given: Mapping[str, Any]) -> None:
    """Raise ValueError for the name of a loss that nothing has: it can be known before the model is built."""
    for each in _flat(given["loss"]):
        losses.get(each)


def _flat(given: Any) -> list[Any]:
    if isinstance(given, Mapping) and "class_name" not in given:
        given = list(given.values())
    return [each for each in _list(given) if each is not None]


def _spread(given: Any, names: Sequence[str], what: str, lists: bool = False) -> dict[str, Any]:
    """Return what is given for each output: one thing for all, a list in order, or a dict by name."""
    if isinstance(given, Mapping) and "class_name" not in given:
        for name in given:
            if name not in names:
                raise ValueError(f"{what}: there is no output {name!r}{did_you_mean(name, names)}.")
        return {name: given.get(name) for name in names}
    nested = isinstance(given, (list, tuple)) and any(isinstance(each, (list, tuple)) for each in given)
    if isinstance(given, (list, tuple)) and (nested if lists else True):
        if len(given) != len(names):
            raise ValueError(f"{what}: expected {len(names)}, one for each output, got {len(given)}.")
        return dict(zip(names, given, strict=True))
    return dict.fromkeys(names, given)


def _list(given: Any) -> list[Any]:
    if given is None:
        return []
    return list(given) if isinstance(given, (list, tuple)) else [given]
