"""`Position`: how far a training is; what `fit` must know besides weights and states to go on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygraph.nn.arrays import DataError
from tinygraph.nn.batches import Batches

if TYPE_CHECKING:
    from tinygraph.nn.steps import Steps

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class Position:
    """How far a training is: plain data, and arrays in ``sums`` and what callbacks keep."""

    #: how many epochs are done
    epoch: int = 0
    #: how many batches of the next epoch are done
    batch: int = 0
    #: the seed of the order of samples, None where they are not shuffled
    order: int | None = None
    #: the number of the pass over the data that is going on, and how many of its batches earlier epochs took
    going: tuple[int, int] = (0, 0)
    #: what the data are like: samples, batch_size, steps, shuffle
    data: Mapping[str, Any] = field(default_factory=dict)
    #: the seeds of dropout and noise, in the order of the model's family
    seeds: Sequence[int] = ()
    #: the epochs that the history has, and the values of each
    epochs: Sequence[int] = ()
    rows: Sequence[Mapping[str, Any]] = ()
    #: the sums of losses and metrics of the epoch that is going on
    sums: Mapping[str, Sequence[Array]] = field(default_factory=dict)
    #: the class of each callback that has something to keep, and what
    callbacks: Sequence[tuple[str, Mapping[str, Any]]] = ()

    def take_up(self, batches: Batches, where: str) -> None:
        """Let the next batch be the one after those that are done; raises `DataError` for other data."""
        if self.order is not None and batches.order is not None:
            batches.order = self.order
        number, before = self.going
        if not before + self.batch:
            return
        came = data_of(batches)
        for name, expected in self.data.items():
            if came.get(name, expected) != expected:
                raise DataError(
                    f"{where}: training was broken off amid data with {name}={expected}, got "
                    f"{name}={came[name]}. Give the same data and arguments; or train anew, without resume "
                    "or in another backup_dir."
                )
        batches.go_to(number, before, self.batch, where)


def data_of(batches: Batches) -> dict[str, Any]:
    """Return what tells data from others, as far as it is known."""
    known = {name: number for name, number in batches.numbers.items() if number}
    return {**known, "shuffle": batches.order is not None}


def check_sums(position: Position, steps: Steps, where: str) -> None:
    """Raise ValueError where the sums of an epoch are of other losses and metrics than ``steps`` has."""
    if not position.batch:
        return
    sums, summed = set(position.sums), set(steps.summed)
    missing = {
        name for name in summed - sums if not name.endswith("/loss")
    }  # those a step of one's own leaves
    if wrong := sorted(missing | (sums - summed)):
        raise ValueError(
            f"{where}: training was broken off with other losses or metrics ({', '.join(wrong)}). Compile as "
            "then; or train anew, without resume or in another backup_dir."
        )
