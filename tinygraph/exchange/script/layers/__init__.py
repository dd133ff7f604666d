"""How each kind of layer is written: one function for each, declared with `writes`."""

from tinygraph.exchange.script.layers import (  # noqa: F401
    attention,
    elementwise,
    merging,
    recurrent,
    shape,
    space,
    wrappers,
)
