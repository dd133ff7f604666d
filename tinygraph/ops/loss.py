"""Cross-entropies from logits, which stay exact where a logarithm of probabilities would overflow."""

from __future__ import annotations

from tinygraph.graph import Node
from tinygraph.op import op
from tinygraph.ops.activation import log_softmax, sigmoid
from tinygraph.ops.broadcast import sum, sum_to
from tinygraph.ops.rules import elementwise_float


def softmax_cross_entropy(target: Node, logits: Node, axis: int = -1) -> Node:
    """-sum(target * ln softmax(logits)) along an axis; with targets that add up to 1 its slope is
    softmax(logits) - target.

    >>> import tinygraph as tg
    >>> loss = tg.softmax_cross_entropy(tg.constant([[0.0, 1.0]]), tg.constant([[1e4, -1e4]]))
    >>> tg.compile(loss)()
    array([20000.], dtype=float32)
    """
    return -sum(target * log_softmax(logits, axis=axis), axis=axis)


@op(elementwise_float, samples=[((3, 4), (3, 4)), ((3, 4), (4,))])
def sigmoid_cross_entropy(xp, target, logits, *, out):
    """-(t ln s + (1 - t) ln(1 - s)), s = sigmoid(z), as max(z, 0) - z t + ln(1 + exp(-|z|)).

    The slope by the logits is s - t, also at z = 0, where the stable form has a kink in its parts.

    >>> import tinygraph as tg
    >>> tg.compile(tg.sigmoid_cross_entropy(tg.constant([1.0]), tg.constant([-500.0])))()
    array([500.], dtype=float32)
    """
    tail = xp.log1p(xp.exp(-xp.absolute(logits)))
    top = xp.maximum(logits, 0)
    xp.multiply(logits, target, out=out)
    xp.subtract(top, out, out=out)
    xp.add(out, tail, out=out)  # last: a small tail would drown in a large logit that target cancels


@sigmoid_cross_entropy.vjp
def _(g, y, target, logits):
    d_logits = g * (sigmoid(logits) - target)
    return sum_to(g * -logits, target.shape), sum_to(d_logits, logits.shape)
