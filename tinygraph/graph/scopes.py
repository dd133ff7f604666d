"""Scopes: the paths that nodes stand under, such as ``lstm/t3``; of models, layers and time steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import takewhile
from typing import TYPE_CHECKING

from tinygraph.graph.errors import GraphError

if TYPE_CHECKING:
    from tinygraph.graph.node import Node

#: the path of the open scope
opened: ContextVar[str] = ContextVar("scope", default="")


@contextmanager
def scope(name: str) -> Iterator[str]:
    """Put the nodes made inside under ``name``: scopes nest, as in ``lstm/t3``.

    >>> import tinygraph as tg
    >>> with tg.scope("lstm"), tg.scope("t3"):
    ...     node = tg.tanh(tg.input("x", (2,)))
    >>> node.scope
    'lstm/t3'
    """
    if not isinstance(name, str) or not name:
        raise GraphError(f"scope: expected a string as name, got {name!r}.")
    outer = opened.get()
    token = opened.set(f"{outer}/{name}" if outer else name)
    try:
        yield opened.get()
    finally:
        opened.reset(token)


class absolute_scope:  # no generator: that takes three times as long
    """Put the nodes made inside under ``path``, whatever scope is open outside."""

    __slots__ = ("path", "token")

    def __init__(self, path: str):
        self.path = path

    def __enter__(self) -> str:
        self.token = opened.set(self.path)
        return self.path

    def __exit__(self, *error: object) -> None:
        opened.reset(self.token)


def current_scope() -> str:
    """Return the path of the open scope, ``""`` outside of any."""
    return opened.get()


def common_scope(nodes: Sequence[Node]) -> str:
    """Return the path of the innermost scope that all nodes stand in."""
    paths = [node.scope.split("/") for node in nodes]
    shared = takewhile(lambda names: len(set(names)) == 1, zip(*paths, strict=False))
    return "/".join(names[0] for names in shared)
