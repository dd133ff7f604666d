"""What is called how: Keras' modules by our kinds, and the arguments that only one of the two has."""

from __future__ import annotations

from typing import Any, Final

#: where Keras has the classes of each kind
MODULES: Final = {
    "layer": "keras.layers",
    "initializer": "keras.initializers",
    "regularizer": "keras.regularizers",
    "constraint": "keras.constraints",
    "loss": "keras.losses",
    "metric": "keras.metrics",
    "optimizer": "keras.optimizers",
    "schedule": "keras.optimizers.schedules",
    "activation": "keras.activations",
}
KINDS: Final = {module: kind for kind, module in MODULES.items()}
MODELS: Final = ("Sequential", "Functional", "Model")

#: a value that says nothing about what is computed
ANY: Final = object()

#: arguments of Keras that are not here: the values with which they do nothing, so that they can be dropped
NEUTRAL: Final[dict[str, tuple[Any, ...]]] = {
    "quantization_config": (None,),
    "lora_rank": (None,),
    "lora_alpha": (None,),
    "renorm": (False,),
    "renorm_clipping": (None,),  # of renorm, as the next
    "renorm_momentum": (ANY,),
    "autocast": (True,),
    "input_axes": (None,),
    "output_axes": (None,),
    "sparse": (None, False),
    "ragged": (None, False),
    "optional": (None, False),
    "ignore_class": (None,),
    "num_labels": (None,),
    "dtype": ("float32", "float64"),  # of losses and metrics, which are in float64 here
}

#: arguments of ours that Keras has not, and that change no number or stand elsewhere in its files
DROPPED: Final = {
    "input_shape",
    "batch_input_shape",
    "input_length",
    "weights",
    "use_cudnn",
    "flash_attention",
}
#: arguments of ours that Keras has not: the only value that can be written
ONLY: Final[dict[str, Any]] = {"time_major": False}

#: classes of ours that Keras has not, or does not give by name
ABSENT: Final = {
    "ConvLSTM1DCell": "use the layer ConvLSTM1D",
    "ConvLSTM2DCell": "use the layer ConvLSTM2D",
    "ConvLSTM3DCell": "use the layer ConvLSTM3D",
    "Skill": "compile the model without this metric",
    "LossFunctionWrapper": "compile the model with the function itself",
}
#: names of ours for losses and metrics that Keras does not know
ALIASES: Final = {
    ("loss", "kullback_leibler_divergence"): "kl_divergence",
    ("loss", "logcosh"): "log_cosh",
    ("metric", "logcosh"): "log_cosh_error",
    ("metric", "kld"): "kl_divergence",
    ("metric", "KLD"): "kl_divergence",
}
