"""Gradient flow: how large the loss's derivatives by the states of recurrent layers are, step by step."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tinygraph.files import write_whole
from tinygraph.graph import GraphError
from tinygraph.nn.training import Trainable
from tinygraph.viz.backprop import Backprop, backprop
from tinygraph.viz.chart import Line, chart
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


@dataclass(frozen=True)
class GradientFlow:
    """The norms of the loss's derivatives by the states of a model's recurrent layers.

    ``norms[layer][state]`` is an array (time), in float64, by the time of the input: ‖dL/dh_t‖ for the state
    h, taken over the whole batch. ``layer`` is the scope that the layer stands in, mostly its name. In a
    notebook it shows itself.
    """

    title: str
    norms: Norms
    #: those of another model on the same data
    beside: GradientFlow | None = None

    def svg(self) -> str:
        """Return the norms against time, on a logarithmic scale, as an SVG document."""
        both = [flow for flow in (self, self.beside) if flow is not None]
        lines = [
            Line(f"{'' if len(both) == 1 else flow.title + ': '}{layer}, {state}", values.tolist())
            for flow in both
            for layer, states in flow.norms.items()
            for state, values in states.items()
        ]
        heading = f"Gradient flow through time: {' and '.join(flow.title for flow in both)}"
        return chart(heading, "time step t", "‖dL/d state at t‖", lines, log=True)

    def plot(self, path: str | os.PathLike[str] | None = None) -> GradientFlow:
        """Write the chart to an ``.svg`` file, if asked to, whole or not at all; return the flow.

        Raises:
            ValueError: the name ends in something else.
            OSError: the file cannot be written; one that was there stays as it was.
        """
        if path is not None:
            target = Path(path)
            if target.suffix.lower() != ".svg":
                raise ValueError(f"gradient_flow: {str(path)!r} must end in .svg.")
            write_whole(target, self.svg())
        return self

    def _repr_svg_(self) -> str:
        return self.svg()

    def __repr__(self) -> str:
        layers = ", ".join(f"{layer}: {', '.join(states)}" for layer, states in self.norms.items())
        return f"<GradientFlow of {self.title!r}: {layers}>"


def gradient_flow(
    model: Trainable, x: Any, y: Any, *, beside: Trainable | None = None, training: bool = False
) -> GradientFlow:
    """Return how large dL/dh_t and dL/dc_t are at every time step of a model's recurrent layers.

    Where they fall to nothing towards the first steps, the gradient vanishes: the model cannot learn what
    lies so far back (Hochreiter 1991; Bengio et al. 1994). The loss L is the compiled one, else the mean of
    squares; the model stays as it is.

    Args:
        model: a Model or Sequential with recurrent layers.
        x: samples, as `fit` takes them.
        y: their true values.
        beside: another model, to be compared on the same samples.
        training: whether dropout acts.

    Raises:
        GraphError: a model that is not built, or that has no recurrent layer.
        DataError: data that do not fit.

    >>> import numpy as np, tinygraph as tg
    >>> from tinygraph.nn import Sequential, SimpleRNN, Dense
    >>> model = Sequential([SimpleRNN(4, input_shape=(6, 2), name="rnn"), Dense(1)], name="simple")
    >>> flow = tg.gradient_flow(model, np.ones((3, 6, 2)), np.zeros((3, 1)))
    >>> flow
    <GradientFlow of 'simple': rnn: h>
    >>> flow.norms["rnn"]["h"].shape
    (6,)
    """
    passes = backprop(model, x, y, training=training, owner="gradient_flow")
    if not passes.unrolled:
        raise GraphError(f"gradient_flow: {model.title} has no recurrent layer.")
    other = None if beside is None else gradient_flow(beside, x, y, training=training)
    return GradientFlow(model.name, norms_of(passes), other)
