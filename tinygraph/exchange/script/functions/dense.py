"""Products, tables and normalizations."""

import numpy as np


def dense(x, kernel, bias=0.0):
    """A fully connected layer."""
    return x @ kernel + bias


def embedding(ids, embeddings):
    """A vector for each id: the row of the table that it numbers."""
    return embeddings[ids]


def prelu(x, alpha):
    """x where it is positive, else alpha x."""
    return np.where(x > 0, x, alpha * x)


def batch_normalization(x, mean, variance, gamma=1.0, beta=0.0, epsilon=1e-3):
    """x by the mean and the variance that training saw."""
    return (x - mean) / np.sqrt(variance + epsilon) * gamma + beta


def layer_normalization(x, axis=-1, gamma=1.0, beta=0.0, epsilon=1e-3):
    """Each sample to mean 0 and variance 1."""
    x = x - x.mean(axis=axis, keepdims=True)
    variance = np.mean(x * x, axis=axis, keepdims=True)
    return x / np.sqrt(variance + epsilon) * gamma + beta


def rms_normalization(x, axis=-1, gamma=1.0, epsilon=1e-3):
    """Each sample by its standard deviation; its mean stays."""
    variance = x.var(axis=axis, keepdims=True)
    return x / np.sqrt(variance + epsilon) * gamma


def unit_normalization(x, axis=-1):
    """Each sample to length 1; zeros stay zeros."""
    squares = np.sum(x * x, axis=axis, keepdims=True)
    return x / np.sqrt(np.maximum(squares, 1e-24))


def normalization(x, mean, variance):
    """x to mean 0 and variance 1, by those of the data that was looked at."""
    return (x - mean) / np.maximum(np.sqrt(variance), 1e-7)


def denormalization(x, mean, variance):
    """Normalized values turned back."""
    return mean + x * np.maximum(np.sqrt(variance), 1e-7)


def dot(a, b, axes):
    """The products of a and b, sample by sample, summed over an axis of each."""
    a, b = np.moveaxis(a, axes[0], -1), np.moveaxis(b, axes[1], 1)
    rows = a.reshape(len(a), -1, a.shape[-1])
    columns = b.reshape(len(b), b.shape[1], -1)
    return (rows @ columns).reshape(*a.shape[:-1], *b.shape[2:])


def masked_mean(x, mask):
    """The mean over the time steps that count; x is (batch, time, channels)."""
    counts = mask[:, :, None]
    total = np.where(counts, x, 0.0).sum(axis=1)
    return total / np.maximum(counts.sum(axis=1), 1).astype(x.dtype)


def unit_vectors(x, axis):
    """The vectors along an axis, each divided by its length; zeros stay zeros."""
    squares = np.sum(x * x, axis=axis, keepdims=True)
    return x / np.sqrt(np.maximum(squares, 1e-14))
