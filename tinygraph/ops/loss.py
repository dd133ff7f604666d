"""Cross-entropies from logits, which stay exact where a logarithm of probabilities would overflow."""

from __future__ import annotations

from typing import Any

from tinygraph.graph import Node
from tinygraph.op import op
from tinygraph.ops.activation import sigmoid
from tinygraph.ops.broadcast import sum_to, widen
from tinygraph.ops.rules import Inferred, elementwise_float, reduced
from tinygraph.ops.softmax import beside_logits, log_softmax, logarithms, softmax_error


def without_classes(inputs: tuple[Node, ...], attrs: dict[str, Any]) -> Inferred:
    """A target that broadcasts to the logits; the result lacks the axis of the classes."""
    shape, dtype = beside_logits(inputs, attrs)
    return reduced(shape, (attrs["axis"],), False), dtype


@op(without_classes, samples=[((3, 4), (3, 4)), ((4,), (2, 3, 4)), ((3, 1), (3, 4), {"axis": 0})])
def softmax_cross_entropy(xp, target, logits, *, axis=-1, out):
    """-sum(target * ln softmax(logits)) along an axis.

    With targets that add up to 1 its slope is softmax(logits) - target. A class of logit -inf and target 0
    adds nothing.

    >>> import tinygraph as tg
    >>> loss = tg.softmax_cross_entropy(tg.constant([[0.0, 1.0]]), tg.constant([[1e4, -1e4]]))
    >>> tg.compile(loss)()
    array([20000.], dtype=float32)
    """
    out[...] = cross_entropy(xp, target, xp.asarray(logits, out.dtype), axis) if logits.size else 0


@softmax_cross_entropy.written_as
def cross_entropy(xp, target, logits, axis):
    """-Σ t ln p of those whose t is not 0."""
    terms = target * logarithms(xp, logits, axis)
    return xp.negative(xp.sum(xp.where(xp.equal(target, 0.0), 0.0, terms), axis=axis))


@softmax_cross_entropy.vjp
def _(g, y, target, logits, axis):
    g = widen(g, logits, (axis,))
    d_target = sum_to(-g * log_softmax(logits, axis=axis), target.shape)
    return d_target, g * softmax_error(target, logits, axis=axis)


@op(elementwise_float, samples=[((3, 4), (3, 4)), ((3, 4), (4,))])
def sigmoid_cross_entropy(xp, target, logits, *, out):
    """-(t ln s + (1 - t) ln(1 - s)), s = sigmoid(z), as |z| (1 - t if z > 0 else t) + ln(1 + exp(-|z|)).

    The slope by the logits is s - t, written as s (1 - t) - σ(-z) t: its digits stay where s is all but t.

    >>> import tinygraph as tg
    >>> tg.compile(tg.sigmoid_cross_entropy(tg.constant([1.0]), tg.constant([-500.0])))()
    array([500.], dtype=float32)
    """
    size = xp.absolute(logits)
    tail = xp.log1p(xp.exp(-size))
    xp.multiply(size, xp.where(logits > 0, 1 - target, target), out=out)
    xp.add(out, tail, out=out)  # last: a small tail would drown in a large logit that target cancels


@sigmoid_cross_entropy.vjp
def _(g, y, target, logits):
    d_logits = g * (sigmoid(logits) * (1.0 - target) - sigmoid(-logits) * target)
    return sum_to(g * -logits, target.shape), sum_to(d_logits, logits.shape)
