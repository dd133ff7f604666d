"""What `compile` was told, sorted out by output: loss, weight and metrics of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygraph.nn import losses, metrics
from tinygraph.nn.head import Head, metrics_of
from tinygraph.nn.signatures import did_you_mean

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
                1.0 if weight[name] is None else _number(f"loss_weights of {name!r}", weight[name]),
                [metrics.get(m, criterion, symbol.shape) for m in _list(judged[name])],
                [metrics.get(m, criterion, symbol.shape) for m in _list(weighted[name])],
            )
        )
    if all(head.loss is None for head in heads):
        raise ValueError(f"{model.title}.compile: no output has a loss.")
    for head in heads:
        _check(head, f"{model.title}.compile")
    _check_reported(heads, f"{model.title}.compile")
    return heads


def _check_reported(heads: Sequence[Head], owner: str) -> None:
    """Raise ValueError where values of two outputs would have one name in the history."""
    names = Counter(name for name, _, _, _ in metrics_of(heads))
    names.update(["loss"] + [f"{head.name}_loss" for head in heads if len(heads) > 1])
    name, count = names.most_common(1)[0]
    if count > 1:
        raise ValueError(f"{owner}: two values would be reported as {name!r}; rename a metric or an output.")


def _check(head: Head, owner: str) -> None:
    """Raise ValueError for a head that cannot be trained or judged."""
    judged = [*head.metrics, *head.weighted_metrics]
    if judged and head.loss is None:
        raise ValueError(f"{owner}: the output {head.name!r} has a metric, {judged[0].name!r}, but no loss.")
    if head.loss is not None and head.loss.reduction in ("none", None):
        raise ValueError(f"{owner}: the loss {head.loss.name!r} must be reduced to one number, not 'none'.")
    for group in (head.metrics, head.weighted_metrics):
        name, count = Counter(["loss", *(m.name for m in group)]).most_common(1)[0]
        if count > 1:
            raise ValueError(
                f"{owner}: two values of {head.name!r} would be reported as {name!r}; rename one."
            )


def check_named(given: Mapping[str, Any]) -> None:
    """Raise ValueError for a name that no loss or metric has: it can be known before the model is built."""
    for each in _flat(given["loss"]):
        losses.get(each)
    for each in [*_flat(given["metrics"]), *_flat(given["weighted_metrics"])]:
        metrics.get(each)


def _flat(given: Any) -> list[Any]:
    """Return what is given, in a dict by output or in nested lists, as one list."""
    if isinstance(given, Mapping) and "class_name" not in given:
        given = list(given.values())
    nested = (each for item in _list(given) for each in _list(item))
    return [each for each in nested if each is not None]


def _number(what: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)) or not np.isfinite(value):
        raise ValueError(f"{what}: expected a finite number, got {value!r}.")
    return float(value)


def _spread(given: Any, names: Sequence[str], what: str, lists: bool = False) -> dict[str, Any]:
    """Return what is given for each output: one thing for all, a list in order, or a dict by name."""
    if isinstance(given, Mapping) and "class_name" not in given:
        for name in given:
            if name not in names:
                raise ValueError(f"{what}: there is no output {name!r}{did_you_mean(name, names)}")
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
