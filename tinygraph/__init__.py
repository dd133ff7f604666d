"""tinygraph: a small autograd engine, and Keras-like recurrent networks on top of it."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

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
from tinygraph.saving.errors import ModelFormatError as ModelFormatError
from tinygraph.version import __version__ as __version__
from tinygraph.viz import notebook as _notebook  # noqa: F401  (nodes and graphs show themselves)

if TYPE_CHECKING:
    from tinygraph import datasets as datasets, distribute as distribute, nn as nn, sklearn as sklearn
    from tinygraph.differences import GradientError as GradientError, gradcheck as gradcheck
    from tinygraph.saving.model_file import load as load
    from tinygraph.viz.draw import draw as draw
    from tinygraph.viz.explore.explore import explore as explore
    from tinygraph.viz.flow import gradient_flow as gradient_flow
    from tinygraph.viz.memory.chart import memory_chart as memory_chart

#: What is imported when it is first asked for, so that ``import tinygraph`` stays quick.
_LATER = {
    "nn": "tinygraph.nn",
    "datasets": "tinygraph.datasets",
    "distribute": "tinygraph.distribute",
    "draw": "tinygraph.viz.draw",
    "gradcheck": "tinygraph.differences",
    "GradientError": "tinygraph.differences",
    "load": "tinygraph.saving.model_file",
    "explore": "tinygraph.viz.explore.explore",
    "gradient_flow": "tinygraph.viz.flow",
    "memory_chart": "tinygraph.viz.memory.chart",
    "sklearn": "tinygraph.sklearn",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'tinygraph' has no attribute {name!r}")
    module = import_module(_LATER[name])
    return getattr(module, name, module)
