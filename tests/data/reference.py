"""What the make_keras_*.py scripts share: Keras in float64, gradients, and the file they write.

A reference file is an .npz without pickles. "cases" is a JSON list of dicts, each with an "id" and
its configuration; the arrays of case X lie under "X/<name>". "versions" says what made the numbers:

    file = np.load("keras_lstm.npz")
    for case in json.loads(str(file["cases"])):
        x = file[case["id"] + "/x"]
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path

import keras
import numpy as np

BACKEND = keras.backend.backend()


def use_float64():
    """Make Keras, and JAX below it, compute in float64 throughout.

    Keras computes every result type that would be float64 as float32 on JAX and Torch (tanh, cos,
    linspace, ... of float64 would be float32), whatever floatx says. Its table of those is mended.
    """
    from keras.src.backend.common import dtypes

    dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"
    if BACKEND in ("jax", "numpy"):  # with NumPy Keras leaves convolutions to JAX
        import jax

        jax.config.update("jax_enable_x64", True)
    keras.config.set_floatx("float64")


def to_numpy(tensor):
    """A tensor of any backend as a NumPy array."""
    return np.asarray(keras.ops.convert_to_numpy(tensor))


def gradients(loss, arrays):
    """The gradients of the scalar `loss(*tensors)` with respect to every one of `arrays`."""
    tensors = [keras.ops.convert_to_tensor(array) for array in arrays]
    if BACKEND == "jax":
        import jax

        grads = jax.grad(loss, argnums=tuple(range(len(tensors))))(*tensors)
    else:
        import torch

        tensors = [tensor.requires_grad_(True) for tensor in tensors]
        grads = torch.autograd.grad(loss(*tensors), tensors)
    return [to_numpy(grad) for grad in grads]


def make_optimizer(case):
    """An optimizer from {"class_name", "config"}; the learning rate may be a schedule."""
    config = dict(case["config"])
    rate = config.get("learning_rate")
    if isinstance(rate, dict):
        schedule = getattr(keras.optimizers.schedules, rate["class_name"])
        config["learning_rate"] = schedule(**rate["config"])
    return getattr(keras.optimizers, case["class_name"])(**config)


class Cases:
    """The cases of one reference file, gathered one by one and then saved."""

    def __init__(self):
        self.cases = []
        self.arrays = {}

    def add(self, case, arrays):
        """Take a case (a JSON-able dict with an "id") and its arrays (a dict by name)."""
        if any(case["id"] == other["id"] for other in self.cases):
            raise ValueError(f"two cases are called {case['id']!r}")
        self.cases.append(case)
        for name, values in arrays.items():
            array = np.asarray(values)
            if array.dtype.kind not in "iu" and array.dtype != np.float64:
                raise TypeError(f"{case['id']}/{name} is {array.dtype}, not float64")
            if not np.all(np.isfinite(array)):
                raise ValueError(f"{case['id']}/{name} is not finite")
            self.arrays[f"{case['id']}/{name}"] = array

    def save(self, file_name):
        """Write them beside this script, or into the folder named on the command line."""
        versions = {"keras": keras.__version__, "backend": BACKEND}
        versions |= {BACKEND: version(BACKEND), "numpy": np.__version__}
        folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
        path = folder / file_name
        texts = {"cases": json.dumps(self.cases), "versions": json.dumps(versions)}
        np.savez_compressed(path, **texts, **self.arrays)
        print(f"{file_name}: {len(self.cases)} cases, {path.stat().st_size / 1024:.0f} KiB")
