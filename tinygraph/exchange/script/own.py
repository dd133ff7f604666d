"""Classes of the user's own: whether one is still what a script has a function for."""

from __future__ import annotations

from tinygraph.nn.describing import is_ours
from tinygraph.nn.graphed import Graphed
from tinygraph.nn.layer import Layer
from tinygraph.nn.training import Trainable

#: what a class of the user's own may override: it changes the layer's arguments and weights, which are read
AS_MADE = {"__init__", "build", "get_config", "from_config", "__class__", "__init_subclass__"}


def changes_what_it_computes(layer: Layer) -> bool:
    """Whether a class of the user's own overrides more of a layer than how it is made and trained."""
    own = [cls for cls in type(layer).__mro__ if not is_ours(cls)]
    base = next(cls for cls in type(layer).__mro__ if cls not in own)
    changed = {name for cls in own for name in vars(cls) if cls is not object and hasattr(base, name)}
    allowed = AS_MADE | (set(dir(Trainable)) - {"call"} if isinstance(layer, Graphed) else set())
    return bool({name for name in changed if callable(getattr(layer, name))} - allowed)
