"""What is met while something is described: classes and functions by name, and layers in several places."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any


class Met:
    """What one description, of a model for instance, has come to so far."""

    def __init__(self) -> None:
        #: classes and functions by the name that the description has for them
        self.named: dict[str, Any] = {}
        #: layers, and what was said of them, by identity
        self._layers: dict[int, tuple[Any, dict[str, Any]]] = {}
        self._several = 0

    @property
    def own(self) -> list[str]:
        """The names of what is the caller's own."""
        return sorted(name for name, thing in self.named.items() if not is_ours(thing))

    def note(self, name: str, thing: Any) -> None:
        """Note a class or function; raises ValueError for a second one of the same name, not ours."""
        known = self.named.setdefault(name, thing)
        if known != thing and not (is_ours(known) and is_ours(thing)):
            raise ValueError(
                f"a copy cannot tell two things named {name!r} apart, nor can a file; give one another name."
            )

    def again(self, layer: Any) -> dict[str, Any] | None:
        """Return what was said of a layer in another place, from now on with a number that they share."""
        if id(layer) not in self._layers:
            return None
        _, described = self._layers[id(layer)]
        if "shared" not in described:
            described["shared"] = self._several
            self._several += 1
        return described

    def keep(self, layer: Any, described: dict[str, Any]) -> None:
        """Keep what was said of a layer."""
        self._layers[id(layer)] = layer, described


_current: ContextVar[Met | None] = ContextVar("describing", default=None)


@contextmanager
def describing() -> Iterator[Met]:
    """Describe inside; what is met joins that of a description around it."""
    current = _current.get()
    if current is not None:
        yield current
        return
    token = _current.set(met := Met())
    try:
        yield met
    finally:
        _current.reset(token)


def is_ours(thing: Any) -> bool:
    """Whether a class or function, or the class of what is called like one, is tinygraph's."""
    module = getattr(thing, "__module__", None) or type(thing).__module__
    return str(module).partition(".")[0] == "tinygraph"
