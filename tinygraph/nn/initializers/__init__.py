"""Initializers: the arrays that weights begin as."""

from __future__ import annotations

from typing import Any

from tinygraph.nn import registry
from tinygraph.nn.initializers.base import Initializer as Initializer
from tinygraph.nn.initializers.constant import (
    Constant as Constant,
    Identity as Identity,
    Ones as Ones,
    Zeros as Zeros,
)
from tinygraph.nn.initializers.random import (
    Orthogonal as Orthogonal,
    RandomNormal as RandomNormal,
    RandomUniform as RandomUniform,
    TruncatedNormal as TruncatedNormal,
)
from tinygraph.nn.initializers.scaling import (
    GlorotNormal as GlorotNormal,
    GlorotUniform as GlorotUniform,
    HeNormal as HeNormal,
    HeUniform as HeUniform,
    LecunNormal as LecunNormal,
    LecunUniform as LecunUniform,
    VarianceScaling as VarianceScaling,
)


def get(identifier: Any) -> Any:
    """Return the initializer that a name, a config, an object or a function (shape, dtype) stands for.

    >>> from tinygraph.nn import initializers
    >>> initializers.get("ones")((2,)).tolist()
    [1.0, 1.0]
    """
    return registry.get("initializer", identifier)
