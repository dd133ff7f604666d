"""Cells: the mutable stores behind parameters, each one array on one device at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


class Cell:
    """The mutable store behind a parameter: one array, on one device at a time."""

    __slots__ = ("array", "backend")

    def __init__(self, array: Array):
        self.array: Any = array
        self.backend: Any = None  # None: plain NumPy on the host

    def host(self) -> Array:
        """Return the array itself where it is NumPy's, else a copy from the device."""
        return self.array if self.backend is None else self.backend.to_host(self.array)

    def assign(self, value: Array) -> None:
        """Write ``value`` into the array where it stands, so that programs bound to it see it."""
        self.array[...] = value if self.backend is None else self.backend.asarray(value)

    def on(self, backend: Any) -> Any:
        """Move the array to ``backend`` unless it is there, and return it."""
        if backend is not self.backend:
            self.array = self.host() if backend is None else backend.asarray(self.host())
            self.backend = backend
        return self.array


class Stretch(Cell):
    """Elements of the flat array of another cell, as an array of ``shape``; both move together."""

    __slots__ = ("_flat", "_shown", "shape", "span", "whole")

    def __init__(self, whole: Cell, span: slice, shape: tuple[int, ...]):
        self.whole = whole
        self.span = span
        self.shape = shape
        self._flat: Any = None

    @property
    def array(self) -> Any:
        """The elements where they stand: the very same object until they are moved."""
        if self._flat is not self.whole.array:
            self._flat = self.whole.array
            self._shown = self._flat[self.span].reshape(self.shape)
        return self._shown

    @property
    def backend(self) -> Any:
        """Where the whole is."""
        return self.whole.backend

    def on(self, backend: Any) -> Any:
        """Move the whole to ``backend`` unless it is there, and return these elements."""
        self.whole.on(backend)
        return self.array
