"""Texts of kernels, each kept as long as the graph that it computes."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from weakref import WeakKeyDictionary

from tinygraph.graph import Graph


def kept_with_graph(write: Callable[..., str]) -> Callable[..., str]:
    """Let ``write(graph, *how)`` write each text once. It goes with its graph: a cache that outlived the
    models whose graphs it kept took 0.6 MB for each."""
    texts: WeakKeyDictionary[Graph, dict[tuple[Any, ...], str]] = WeakKeyDictionary()

    @wraps(write)
    def kept(graph: Graph, *how: Any) -> str:
        of_graph = texts.setdefault(graph, {})
        if how not in of_graph:
            of_graph[how] = write(graph, *how)
        return of_graph[how]

    return kept
