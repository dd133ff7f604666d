"""Backends: where arrays live and which module computes on them. Each is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from importlib import import_module
from typing import Any, NamedTuple, Protocol

import numpy as np

from tinygraph.graph import Node

#: Every backend, and the module that has its ``backend()``.
BACKENDS = {"numpy": "tinygraph.backends.numpy", "cupy": "tinygraph.backends.cupy"}


#: A kernel with its arrays, called once in every run.
Call = Callable[[], Any]


class Commit(Protocol):
    """The calls of a run that change something. After a run whose guard was False they are not made again
    until `failed` is asked: what they change is what it was before the first run that went wrong."""

    def __call__(self) -> None:
        """Make them, if the guard holds and has held."""

    def failed(self) -> int | None:
        """Wait; return which run since this was last asked, counted from 0, was the first that went wrong."""

    def go_on(self, before: Any) -> None:
        """Count on from where ``before``, of the same calls on other arrays, has come to."""


class Backend(Protocol):
    """What the executor needs of an array library."""

    #: the name it is chosen by
    name: str
    #: the array module that kernels are called with
    xp: Any
    #: what a parameter's cell is told to move to; None for the host
    device: Any
    #: whether a call is over when it returns; else it is under way, and asking for a value waits for it
    immediate: bool
    #: whether "auto" means machine code from the first run on; else only when a program has run for a while
    compiles_at_once: bool

    def empty(self, size: int) -> Any:
        """Return ``size`` bytes, aligned, as an array of uint8."""

    def asarray(self, value: Any) -> Any:
        """Return a host array on this device."""

    def to_host(self, array: Any) -> np.ndarray[Any, Any]:
        """Return a copy as a NumPy array."""

    def copy(self, array: Any) -> Any:
        """Return a copy on this device."""

    def feeder(self, fed: Mapping[str, Any]) -> Callable[[Mapping[str, Any]], Any]:
        """Return a call that brings host arrays, by name, into the arrays ``fed``."""

    def bind(self, node: Node, inputs: Sequence[Any], out: Any) -> Call:
        """Return a call without arguments that computes ``node`` into ``out``."""

    def threads(self, largest: int) -> AbstractContextManager[None]:
        """Return the block that a program runs in whose largest product takes so many multiplications."""

    def bind_copies(self, pairs: Sequence[tuple[Any, Any]]) -> Sequence[Call]:
        """Return calls that copy the first array of each pair into the second, in whatever order."""

    def sequence(self, calls: Sequence[Call]) -> Sequence[Call]:
        """Return calls that do what ``calls`` do one after another; there may be fewer."""

    def commit(self, calls: Sequence[Call], guard: Any) -> Commit:
        """Return what makes ``calls`` where ``guard``, an array of one truth value or None, is not False."""

    def compiled(self) -> Backend:
        """Return a backend of the same arrays that runs machine code; raises `BackendError` where there is
        none."""


class Device(NamedTuple):
    """One line of `devices`: a backend, whether it can be used here, and what is missing if not."""

    backend: str
    usable: bool
    detail: str


class BackendError(RuntimeError):
    """A backend that is unknown, or cannot be used on this machine."""


def get(name: str) -> Backend:
    """Return the backend ``name``; raises `BackendError` that says what is missing."""
    if name not in BACKENDS:
        raise BackendError(f"backend {name!r}: expected one of {', '.join(BACKENDS)}.")
    backend: Backend = import_module(BACKENDS[name]).backend()
    return backend


def compiles(name: str) -> bool:
    """Whether backend ``name`` can run machine code."""
    try:
        get(name).compiled()
    except BackendError:
        return False
    return True


def devices() -> list[Device]:
    """Tell for each backend whether it is usable here, and if not, what is missing and why.

    >>> import tinygraph as tg
    >>> tg.devices()[0].backend, tg.devices()[0].usable
    ('numpy', True)
    """
    found = []
    for name in BACKENDS:
        try:
            found.append(Device(name, True, import_module(BACKENDS[name]).describe(get(name))))
        except BackendError as problem:
            found.append(Device(name, False, str(problem)))
    return found
