"""The lines of ``predict`` as records: what each computes from what, before values have names."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

#: how code mentions the value or the call of a number, until it has a name
MENTION = re.compile(r"⟦(\d+)⟧")

Form = tuple[int, ...] | None


class Mentioned:
    """Something that code may mention: in an f-string it is its mention."""

    numbers = itertools.count()

    def __init__(self) -> None:
        self.number = next(self.numbers)

    def __str__(self) -> str:
        return f"⟦{self.number}⟧"


class Value(Mentioned):
    """An array of ``predict``: the shape of a sample and the dtype, where they are known, and its mask.

    ``name`` is what it is best called; a value without one takes the place of that which it is made from,
    and is called ``own`` if that lives on.
    """

    def __init__(
        self,
        shape: Form,
        dtype: np.dtype,
        name: str | None = None,
        mask: Value | None = None,
        batch: str = "batch",
        own: str = "h",
    ):
        super().__init__()
        self.shape, self.dtype, self.name, self.mask, self.batch = shape, dtype, name, mask, batch
        self.own = own


@dataclass(frozen=True)
class Weights:
    """The arrays of one layer: what they are stored under, and their names."""

    path: str
    names: Sequence[str]


class Use(Mentioned):
    """A call of a written function: values, a layer's weights, and options as code."""

    def __init__(
        self,
        function: Callable[..., Any],
        values: Sequence[str],
        weights: Weights | None,
        options: dict[str, str],
    ):
        super().__init__()
        self.function, self.values, self.weights, self.options = function, values, weights, options

    @property
    def code(self) -> str:
        """All that the call passes on, for the mentions in it."""
        return " ".join([*self.values, *self.options.values()])


@dataclass
class Line:
    """``targets = code``; ``main`` is the value that flows through it."""

    targets: list[Value]
    code: str
    main: Value | None = None
    #: every value that the code mentions, by itself or in calls
    reads: list[Value] = field(default_factory=list)


def mentioned(code: str, known: dict[int, Any]) -> Iterable[Any]:
    """The values and calls that code mentions, those in calls included."""
    waiting = [code]
    while waiting:
        for number in MENTION.findall(waiting.pop()):
            thing = known[int(number)]
            yield thing
            if isinstance(thing, Use):
                waiting.append(thing.code)


def needed(lines: Sequence[Line], outputs: Iterable[Value]) -> list[Line]:
    """The lines without those that no output follows from."""
    wanted = set(outputs)
    kept = []
    for line in reversed(lines):
        if wanted.intersection(line.targets):
            kept.append(line)
            wanted.update(line.reads)
    return kept[::-1]
