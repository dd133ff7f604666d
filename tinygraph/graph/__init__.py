"""Nodes and graphs: what is to be computed, never a value. Imports nothing else of tinygraph.

A `Node` is one use of an operation: it has inputs, a shape and a dtype. A `Graph` is named output nodes
plus the new values of its parameters. Both are immutable; every pass returns a new graph.
"""

from tinygraph.graph.errors import GraphError as GraphError
from tinygraph.graph.graph import Graph as Graph
from tinygraph.graph.node import OPS as OPS, Kind as Kind, Node as Node, Shape as Shape
from tinygraph.graph.order import rebuilt as rebuilt, toposort as toposort
from tinygraph.graph.scopes import (
    absolute_scope as absolute_scope,
    common_scope as common_scope,
    current_scope as current_scope,
    scope as scope,
)
