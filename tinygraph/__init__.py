"""tinygraph: a small autograd engine, and Keras-like recurrent networks on top of it."""

from tinygraph.backends import BackendError as BackendError, devices as devices
from tinygraph.compile import Function as Function, compile as compile
from tinygraph.defaults import floatx as floatx, set_floatx as set_floatx, set_seed as set_seed
from tinygraph.grad import gradients as gradients
from tinygraph.graph import (
    Graph as Graph,
    GraphError as GraphError,
    Node as Node,
    scope as scope,
    toposort as toposort,
)
from tinygraph.ops import *  # noqa: F403
from tinygraph.version import __version__ as __version__
