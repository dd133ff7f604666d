"""Convolution and pooling: x is (batch, *space, channels), with any axes of space."""

import numpy as np


def pad_same(x, sizes, strides, dilation, value=0.0):
    """Pad space, so that a window begins at every place, or at every stride-th."""
    margins = [(0, 0)]
    windows = zip(x.shape[1:-1], sizes, strides, dilation, strict=True)
    for n, size, stride, step in windows:
        span = (size - 1) * step + 1
        missing = max(0, (-(-n // stride) - 1) * stride + span - n)
        margins.append((missing // 2, missing - missing // 2))
    return np.pad(x, [*margins, (0, 0)], constant_values=value)


def shifted(x, k, sizes, strides, dilation):
    """x[p strides + k dilation], for each place p where a window of x begins."""
    places = [slice(None)]
    for axis, size in enumerate(sizes):
        first, step = k[axis] * dilation[axis], strides[axis]
        end = first + x.shape[axis + 1] - (size - 1) * dilation[axis]
        places.append(slice(first, end, step))
    return x[tuple(places)]


def convolution(x, kernel, bias=0.0, strides=(1,), dilation=(1,)):
    """y[p] = Σ x[p strides + k dilation] kernel[k] + bias, over all places k in it."""
    sizes, y = kernel.shape[:-2], 0.0
    for k in np.ndindex(sizes):
        y = y + shifted(x, k, sizes, strides, dilation) @ kernel[k]
    return y + bias


def grouped_convolution(x, kernel, groups, bias=0.0, strides=(1,), dilation=(1,)):
    """A convolution in which each group of filters sees its group of channels alone."""
    parts = []
    channels, filters = np.split(x, groups, axis=-1), np.split(kernel, groups, axis=-1)
    for part, own in zip(channels, filters, strict=True):
        parts.append(convolution(part, own, strides=strides, dilation=dilation))
    return np.concatenate(parts, axis=-1) + bias


def max_pooling(x, sizes, strides):
    """The largest element of each window, channel by channel."""
    y, ones = -np.inf, [1] * len(sizes)
    for k in np.ndindex(*sizes):
        y = np.maximum(y, shifted(x, k, sizes, strides, ones))
    return y


def sum_pooling(x, sizes, strides):
    """The sum of each window, channel by channel."""
    y, ones = 0.0, [1] * len(sizes)
    for k in np.ndindex(*sizes):
        y = y + shifted(x, k, sizes, strides, ones)
    return y


def average_pooling(x, sizes, strides, same=False):
    """The mean of each window, channel by channel; padding does not count."""
    inside = np.ones_like(x)
    if same:
        ones = [1] * len(sizes)
        x = pad_same(x, sizes, strides, ones)
        inside = pad_same(inside, sizes, strides, ones)
    return sum_pooling(x, sizes, strides) / sum_pooling(inside, sizes, strides)


def interpolated(x, times, axis, kernel):
    """x with so many times the elements along an axis, blended from those around."""
    size = x.shape[axis]
    places = (np.arange(size * times) + 0.5) / times - 0.5
    shares = kernel(np.abs(places[:, None] - np.arange(size)))
    shares = (shares / shares.sum(axis=1, keepdims=True)).astype(x.dtype)
    return np.moveaxis(np.tensordot(x, shares, (axis, 1)), -1, axis)


def bilinear(distance):
    """The kernel of linear interpolation."""
    return np.maximum(0.0, 1.0 - distance)


def bicubic(distance):
    """The kernel of cubic convolution (Keys 1981)."""
    d = distance
    near, far = ((1.5 * d - 2.5) * d) * d + 1.0, ((-0.5 * d + 2.5) * d - 4.0) * d + 2.0
    return np.where(d < 1.0, near, np.where(d < 2.0, far, 0.0))


def lanczos3(distance):
    """The windowed sinc of radius 3 (Duchon 1979)."""
    return np.where(distance < 3, np.sinc(distance) * np.sinc(distance / 3), 0.0)


def lanczos5(distance):
    """The windowed sinc of radius 5 (Duchon 1979)."""
    return np.where(distance < 5, np.sinc(distance) * np.sinc(distance / 5), 0.0)
