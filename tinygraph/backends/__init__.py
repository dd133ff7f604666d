"""Backends: where arrays live and which module computes on them. Each is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from tinygraph.graph import Node

if TYPE_CHECKING:
    from tinygraph.backends.fast import FastBackend

#: Every backend, and the module that has its ``backend()``.
BACKENDS = {"numpy": "tinygraph.backends.numpy", "cupy": "tinygraph.backends.cupy"}


class Backend(Protocol):
    """What the executor needs of an array library."""

    #: the name it is chosen by
    name: str
    #: the array module that kernels are called with
    xp: Any
    #: what a parameter's cell is told to move to; None for the host
    device: Any

    def empty(self, size: int) -> Any:
        """Return ``size`` bytes, aligned, as an array of uint8."""

    def asarray(self, value: Any) -> Any:
        """Return a host array on this device."""

    def write(self, array: Any, value: Any) -> None:
        """Copy ``value``, from the host or this device, into ``array``."""

    def to_host(self, array: Any) -> np.ndarray[Any, Any]:
        """Return a copy as a NumPy array."""

    def bind(self, node: Node, inputs: Sequence[Any], out: Any) -> Callable[[], Any]:
        """Return a call without arguments that computes ``node`` into ``out``."""

    def threads(self, largest: int) -> AbstractContextManager[None]:
        """Return the block that a program runs in whose largest product takes so many multiplications."""

    def copying(self, array: Any, value: Any) -> Callable[[], Any]:
        """Return a call that copies ``value``, from this device, into ``array``."""

    def recorded(self, calls: Sequence[Callable[[], Any]]) -> Sequence[Callable[[], Any]]:
        """Return calls that do the same as these one after another, fewer where some can be made at once."""

    def uninterrupted(self, calls: Sequence[Callable[[], Any]]) -> bool:
        """Whether Ctrl-C cannot come between what these calls do."""

    def compiled(self) -> FastBackend:
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
