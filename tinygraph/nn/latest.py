"""`Latest`: what was made last for a few keys: a program is compiled once, and memory stays bounded."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")

#: How many are kept: a full and a partial batch, for each of training, testing and predicting, and two more.
KEPT = 8

#: held while weights or programs are made, so that threads that share a layer take turns
building = threading.RLock()


class Latest(Generic[T]):
    """The things that were asked for last, by key; the one not asked for longest is dropped."""

    def __init__(self) -> None:
        self.kept: OrderedDict[Hashable, T] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what was made for ``key``, or make it."""
        with building:
            made = self.kept.pop(key) if key in self.kept else make()
            self.kept[key] = made
            if len(self.kept) > KEPT:
                self.kept.popitem(last=False)
            return made
