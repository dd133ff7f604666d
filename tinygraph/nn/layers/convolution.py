"""Convolutions over one, two or three axes of space: Conv1D, Conv2D and Conv3D."""

from __future__ import annotations

from typing import Any

from tinygraph import ops
from tinygraph.graph import GraphError, Node, Shape
from tinygraph.nn import activations, constraints, registry, regularizers
from tinygraph.nn.checks import flag, shown, whole_number
from tinygraph.nn.layers.over_space import OverSpace
from tinygraph.nn.spatial import AXES, from_channels_last, padding_mode, per_axis, to_channels_last
from tinygraph.ops.window import margins, spans


class Convolving(OverSpace):
    """The base of layers that move a kernel over space: how it moves, and what shape comes of it."""

    #: what ``padding`` may be
    paddings: tuple[str, ...] = ("valid", "same")

    def __init__(
        self,
        kernel_size: Any,
        strides: Any,
        padding: str,
        data_format: Any,
        dilation_rate: Any,
        *args: Any,
        **kwargs: Any,
    ):
        super().__init__(data_format, *args, **kwargs)
        self.kernel_size = per_axis(self.title, "kernel_size", kernel_size, self.rank)
        self.strides = per_axis(self.title, "strides", strides, self.rank)
        self.padding = padding_mode(self.title, padding, self.paddings)
        self.dilation_rate = per_axis(self.title, "dilation_rate", dilation_rate, self.rank)
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                f"{self.title}: strides and dilation_rate cannot both be above 1, "
                f"got {self.strides} and {self.dilation_rate}."
            )

    @property
    def channel_axis(self) -> int:
        """Which axis of a sample has the channels."""
        return -1 if self.data_format == "channels_last" else 0

    def convolved(self, x: Node, kernel: Node, groups: int = 1) -> Node:
        """The convolution of x with ``kernel``, the channels last whatever the format of x is."""
        x = to_channels_last(x, self.data_format)
        return ops.conv(x, kernel, self.strides, self.padding, self.dilation_rate, groups)

    def convolved_shape(self, shape: Shape, filters: int) -> Shape:
        """The shape of a sample after the convolution; raises `GraphError` if the kernel has no room."""
        space = [shape[axis - 1] for axis in self.space]
        sizes = []
        forms = zip(AXES[self.rank], space, self.kernel_size, self.strides, self.dilation_rate, strict=True)
        for name, size, width, stride, dilation in forms:
            around = sum(margins(size, width, stride, dilation, self.padding))
            count, span = spans(size + around, width, stride, dilation)
            if count < 1:
                raise GraphError(
                    f"{self.title}: expected a {name} of at least {span - around}, which kernel_size "
                    f"{self.kernel_size} and dilation_rate {self.dilation_rate} span, got a sample of "
                    f"{shown(shape)}. Make the kernel smaller, or choose padding='same'."
                )
            sizes.append(count)
        return (*sizes, filters) if self.data_format == "channels_last" else (filters, *sizes)


class Conv(Convolving):
    """The base of `Conv1D`, `Conv2D` and `Conv3D`, which say the number of axes."""

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        groups: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ):
        kwargs["activity_regularizer"] = activity_regularizer
        super().__init__(kernel_size, strides, padding, data_format, dilation_rate, **kwargs)
        self.filters = whole_number(self.title, "filters", filters)
        self.groups = whole_number(self.title, "groups", groups)
        if self.filters % self.groups:
            raise ValueError(
                f"{self.title}: filters must be a multiple of groups, got {filters} and {groups}."
            )
        self.activation = activations.get(activation)
        self.use_bias = flag(self.title, "use_bias", use_bias)
        self.kernel_initializer = registry.get("initializer", kernel_initializer)
        self.bias_initializer = registry.get("initializer", bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)

    def build(self, shape: Shape) -> None:
        """Make ``kernel`` and ``bias``."""
        channels = shape[self.channel_axis]
        self.kernel = self.add_weight("kernel", (*self.kernel_size, channels // self.groups, self.filters))
        if self.use_bias:
            self.bias = self.add_weight("bias", (self.filters,))
        self.fixed = {self.channel_axis: channels}

    def call(self, x: Node) -> Node:
        """The convolution of x with the kernel, + bias, then the activation."""
        y = self.convolved(x, self.kernel, self.groups)
        return self.activation(from_channels_last(y + self.bias if self.use_bias else y, self.data_format))

    def output_shape(self, shape: Shape) -> Shape:
        """``filters`` channels, and as many places as the kernel has."""
        return self.convolved_shape(shape, self.filters)

    def check_inputs(self, shapes: list[Shape], several: bool, batch: Any = ("batch",)) -> None:
        """The channels divide by ``groups``, and space has room for the kernel."""
        super().check_inputs(shapes, several, batch)
        channels = shapes[0][self.channel_axis]
        if channels % self.groups:
            raise GraphError(
                f"{self.title}: expected channels in {self.groups} equal groups, got {channels} of them."
            )
        self.output_shape(shapes[0])


@registry.register("layer", "Convolution1D")
class Conv1D(Conv):
    """A convolution over time, or any one axis of space: each filter is moved along the input.

        y[n, p, f] = activation(Σ x[n, p strides + k dilation_rate, c] kernel[k, c, f] + bias[f])

    summed over k and the channels c: a cross-correlation, as everywhere in the field (LeCun et al. 1998).

    Args:
        filters: the number of filters, which are the channels of the result.
        kernel_size: how many elements of each axis of space the kernel meets; a number, or one for each axis.
        strides: how far the kernel moves each time, likewise.
        padding: ``"valid"``: the kernel stays inside; ``"same"``: zeros on both sides, so that the result has
            space / strides elements, rounded up; for one axis also ``"causal"``: zeros before the first
            element, so that no result depends on what comes after it (van den Oord et al. 2016).
        data_format: ``"channels_last"``, which None means, or ``"channels_first"``: (batch, channels, ..).
        dilation_rate: how far apart the elements are that the kernel meets; above 1 strides must be 1.
        groups: how many equal parts the channels are in; each has filters / groups filters of its own.
        activation: a name, a function of one node, or None for none.
        use_bias: whether to add a bias.
        kernel_initializer, bias_initializer: how the weights begin.
        kernel_regularizer, bias_regularizer: what large weights add to the loss.
        kernel_constraint, bias_constraint: what each update ends with.

    Shapes: (batch, length, channels) -> (batch, new length, filters). Weights: ``kernel``
    (kernel_size.., channels / groups, filters), ``bias`` (filters). As in Keras, `keras.layers.Conv1D`.

    >>> import numpy as np
    >>> from tinygraph.nn import Conv1D
    >>> Conv1D(4, 3, padding="causal", activation="relu")(np.ones((2, 10, 1))).shape
    (2, 10, 4)
    """

    rank = 1
    paddings = ("valid", "same", "causal")


@registry.register("layer", "Convolution2D")
class Conv2D(Conv):
    """A convolution over the two axes of images. The arguments are those of `Conv1D`.

    Shapes: (batch, height, width, channels) -> (batch, new height, new width, filters); with
    ``data_format="channels_first"`` the channels stand before the height. Weights: ``kernel``
    (height, width, channels / groups, filters), ``bias`` (filters).

    >>> import numpy as np
    >>> from tinygraph.nn import Conv2D
    >>> Conv2D(8, (3, 5), strides=2, padding="same")(np.ones((2, 28, 28, 3))).shape
    (2, 14, 14, 8)
    """

    rank = 2


@registry.register("layer", "Convolution3D")
class Conv3D(Conv):
    """A convolution over the three axes of volumes or videos. The arguments are those of `Conv1D`.

    Shapes: (batch, depth, height, width, channels) -> (batch, new depth, new height, new width, filters);
    with ``data_format="channels_first"`` the channels stand before the depth. Weights: ``kernel``
    (depth, height, width, channels / groups, filters), ``bias`` (filters).

    >>> import numpy as np
    >>> from tinygraph.nn import Conv3D
    >>> Conv3D(8, 3, data_format="channels_first")(np.ones((2, 1, 6, 7, 8))).shape
    (2, 8, 4, 5, 6)
    """

    rank = 3


Convolution1D, Convolution2D, Convolution3D = Conv1D, Conv2D, Conv3D
