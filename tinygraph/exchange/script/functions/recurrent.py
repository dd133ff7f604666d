"""Recurrent layers, of x (batch, time, features): the output of every step."""

import numpy as np

from tinygraph.exchange.script.functions.activations import sigmoid
from tinygraph.exchange.script.functions.convolution import convolution, pad_same


def simple_rnn(
    x,
    kernel,
    recurrent_kernel,
    bias=0.0,
    activation=np.tanh,
    initial_state=None,
    mask=None,
):
    """A simple recurrence (Elman 1990): the output h of every step."""
    if initial_state is None:
        h = np.zeros((len(x), len(recurrent_kernel)), x.dtype)  # (batch, units)
    else:
        h = initial_state
    outputs = []
    for t in range(x.shape[1]):
        if mask is not None:
            h_before = h
        h = activation(x[:, t] @ kernel + h @ recurrent_kernel + bias)
        if mask is not None:
            # a step that does not count changes nothing
            h = np.where(mask[:, t, None], h, h_before)
        outputs.append(h)
    return np.stack(outputs, axis=1)  # (batch, time, units)


def gru(
    x,
    kernel,
    recurrent_kernel,
    bias=0.0,
    recurrent_bias=0.0,
    activation=np.tanh,
    recurrent_activation=sigmoid,
    reset_after=True,
    initial_state=None,
    mask=None,
):
    """A gated recurrent unit (Cho et al. 2014): the output h of every step."""
    if initial_state is None:
        h = np.zeros((len(x), len(recurrent_kernel)), x.dtype)  # (batch, units)
    else:
        h = initial_state
    outputs = []
    for t in range(x.shape[1]):
        if mask is not None:
            h_before = h
        x_z, x_r, x_g = np.split(x[:, t] @ kernel + bias, 3, axis=1)  # (batch, units)
        if reset_after:
            h_z, h_r, h_g = np.split(h @ recurrent_kernel + recurrent_bias, 3, axis=1)
        else:
            units = h.shape[1]
            h_z, h_r = np.split(h @ recurrent_kernel[:, : 2 * units], 2, axis=1)
        z = recurrent_activation(x_z + h_z)  # update gate
        r = recurrent_activation(x_r + h_r)  # reset gate
        if reset_after:
            g = activation(x_g + r * h_g)  # candidate
        else:
            h_g = (r * h) @ recurrent_kernel[:, 2 * units :]
            g = activation(x_g + h_g)  # candidate
        h = z * h + (1.0 - z) * g
        if mask is not None:
            # a step that does not count changes nothing
            h = np.where(mask[:, t, None], h, h_before)
        outputs.append(h)
    return np.stack(outputs, axis=1)  # (batch, time, units)


def lstm(
    x,
    kernel,
    recurrent_kernel,
    bias=0.0,
    activation=np.tanh,
    recurrent_activation=sigmoid,
    initial_state=None,
    mask=None,
    return_cell=False,
):
    """Long short-term memory (Hochreiter & Schmidhuber 1997): h of every step."""
    if initial_state is None:
        h = c = np.zeros((len(x), len(recurrent_kernel)), x.dtype)  # (batch, units)
    else:
        h, c = initial_state
    outputs = []
    for t in range(x.shape[1]):
        if mask is not None:
            h_before, c_before = h, c
        z = x[:, t] @ kernel + h @ recurrent_kernel + bias  # (batch, 4 units)
        i, f, g, o = np.split(z, 4, axis=1)  # gates: input, forget, candidate, output
        c = recurrent_activation(f) * c + recurrent_activation(i) * activation(g)
        h = recurrent_activation(o) * activation(c)
        if mask is not None:
            # a step that does not count changes nothing
            h = np.where(mask[:, t, None], h, h_before)
            c = np.where(mask[:, t, None], c, c_before)
        outputs.append(h)
    if return_cell:
        return np.stack(outputs, axis=1), c  # (batch, time, units), (batch, units)
    return np.stack(outputs, axis=1)  # (batch, time, units)


def conv_lstm(
    x,
    kernel,
    recurrent_kernel,
    bias=0.0,
    strides=(1,),
    dilation=(1,),
    same=False,
    activation=np.tanh,
    recurrent_activation=sigmoid,
    initial_state=None,
    mask=None,
    return_cell=False,
):
    """An LSTM whose products are convolutions (Shi et al. 2015): h of every step."""
    sizes = recurrent_kernel.shape[:-2]
    ones = [1] * len(sizes)
    if initial_state is not None:
        h, c = initial_state
    outputs = []
    for t in range(x.shape[1]):
        x_t = x[:, t]  # (batch, *space, channels)
        if same:
            x_t = pad_same(x_t, sizes, strides, dilation)
        z = convolution(x_t, kernel, bias=bias, strides=strides, dilation=dilation)
        if initial_state is None:
            if t == 0:
                h = c = np.zeros((*z.shape[:-1], z.shape[-1] // 4), x.dtype)
        if mask is not None:
            h_before, c_before = h, c
            valid = mask[:, t].reshape(-1, *[1] * (h.ndim - 1))
        h_around = pad_same(h, sizes, ones, ones)
        z = z + convolution(h_around, recurrent_kernel, strides=ones, dilation=ones)
        i, f, g, o = np.split(z, 4, axis=-1)  # gates: input, forget, candidate, output
        c = recurrent_activation(f) * c + recurrent_activation(i) * activation(g)
        h = recurrent_activation(o) * activation(c)
        if mask is not None:
            # a step that does not count changes nothing
            h, c = np.where(valid, h, h_before), np.where(valid, c, c_before)
        outputs.append(h)
    if return_cell:
        return np.stack(outputs, axis=1), c
    return np.stack(outputs, axis=1)  # (batch, time, *space, filters)
