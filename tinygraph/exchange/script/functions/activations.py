"""Activations, element by element but for the softmax. NumPy has `tanh` and `exp`."""

import math

import numpy as np


def linear(x):
    """x itself: no activation."""
    return x


def sigmoid(x):
    """1 / (1 + exp(-x)), written so that exp cannot overflow."""
    e = np.exp(-np.abs(x))
    return np.where(x < 0, e, 1.0) / (1.0 + e)


def relu(x):
    """x where it is positive, else 0."""
    return np.maximum(x, 0.0)


def relu6(x):
    """x between 0 and 6."""
    return np.clip(x, 0.0, 6.0)


def leaky_relu(x, slope=0.2):
    """x where it is positive, else slope x."""
    return np.where(x > 0, x, slope * x)


def bent(x, max_value=None, slope=0.0, threshold=0.0):
    """x above a threshold, flatter below it."""
    above = x if max_value is None else np.minimum(x, max_value)
    return np.where(x > threshold, above, slope * (x - threshold))


def elu(x, alpha=1.0):
    """x where it is positive, else alpha (exp(x) - 1)."""
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0.0)))


def selu(x):
    """The ELU that keeps mean 0 and variance 1."""
    return 1.0507009873554805 * elu(x, 1.6732632423543772)


def gelu(x):
    """x times the normal distribution function of x."""
    erf = np.vectorize(math.erf, otypes=[x.dtype])
    return 0.5 * x * (1.0 + erf(x * 0.5**0.5))


def silu(x):
    """x sigmoid(x), also called swish."""
    return x * sigmoid(x)


def mish(x):
    """x tanh(softplus(x))."""
    return x * np.tanh(softplus(x))


def softplus(x):
    """ln(1 + exp(x)), written so that exp cannot overflow."""
    return np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))


def softsign(x):
    """x / (1 + |x|)."""
    return x / (1.0 + np.abs(x))


def hard_sigmoid(x):
    """Straight lines for a sigmoid."""
    return np.clip(x * (1.0 / 6.0) + 0.5, 0.0, 1.0)


def hard_silu(x):
    """x hard_sigmoid(x), also called hard swish."""
    return x * hard_sigmoid(x)


def hard_tanh(x):
    """x between -1 and 1."""
    return np.clip(x, -1.0, 1.0)


def softmax(x, axis=-1):
    """exp(x) / sum(exp(x)), of x less its maximum: exp cannot overflow."""
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def log_softmax(x):
    """The logarithm of softmax(x)."""
    x = x - x.max(axis=-1, keepdims=True)
    return x - np.log(np.exp(x).sum(axis=-1, keepdims=True))
