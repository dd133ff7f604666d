"""Gradient flow: how large the derivatives of the loss by the states of recurrent layers are, step by step."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tinygraph.nn.training import Trainable
from tinygraph.viz.backprop import Backprop, backprop
from tinygraph.viz.observe import Array, norm, observe
from tinygraph.viz.series import states_of

#: Norms (time) by state, by layer.
Norms = Mapping[str, Mapping[str, Array]]


def norms_of(passes: Backprop) -> Norms:
    """Return ‖dL/ds_t‖ of every state s and step t, by the layer's scope and the state's name."""
    slopes = {
        unrolled.scope: {
            name: [passes.gradient(node) for node in nodes] for name, nodes in states_of(unrolled).items()
        }
        for _, unrolled in passes.unrolled
    }
    every = (node for states in slopes.values() for nodes in states.values() for node in nodes)
    values = observe(every, passes.feeds)
    return {
        scope: {name: np.array([norm(values[node]) for node in nodes]) for name, nodes in states.items()}
        for scope, states in slopes.items()
    }
