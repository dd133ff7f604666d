"""One model in each library: LSTM layers and a Dense(1), mean squared error, Adam.

A specification has ``batch``, ``time``, ``features``, ``units``, and if need be ``layers`` and ``option``,
one of `OPTIONS`: what is unlike the plain LSTM. No library is imported before it is asked for.
"""

import os
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np

#: What else an LSTM may be asked for, as arguments of the layer in Keras and here.
OPTIONS = {
    "plain": {},
    "relu": {"activation": "relu"},
    "recurrent_dropout": {"recurrent_dropout": 0.2},
    "dropout": {"dropout": 0.2},
    "mask": {},
    "use_bias=False": {"use_bias": False},
    "return_state": {"return_state": True},
    "go_backwards": {"go_backwards": True},
    "stateful": {"stateful": True},
}


def samples(spec, steps):
    """Return inputs and true values of so many batches; with "mask" each series begins with zeros."""
    random = np.random.default_rng(0)
    count, time = steps * spec["batch"], spec["time"]
    x = random.normal(size=(count, time, spec["features"])).astype("float32")
    if option_of(spec) == "mask":
        x[np.arange(time) < random.integers(0, time // 2 + 1, size=(count, 1))] = 0.0
    return x, random.normal(size=(count, 1)).astype("float32")


def option_of(spec):
    """Return what is unlike the plain LSTM."""
    return spec.get("option", "plain")


class Trained:
    """A model with data: ``train`` runs ``steps`` training steps, ``predict`` one batch."""

    def __init__(self, spec):
        self.spec = spec

    def load(self, steps):
        """Take the data of so many steps."""
        self.steps = steps
        self.x, self.y = samples(self.spec, steps)

    def batches(self):
        """Return the inputs and true values of each step."""
        size = self.spec["batch"]
        starts = range(0, len(self.x), size)
        return [(self.x[start : start + size], self.y[start : start + size]) for start in starts]


class Keras(Trained):
    """Keras on the backend that the environment names."""

    def __init__(self, spec):
        import keras

        super().__init__(spec)
        self.model = sequence_model(keras.Input, keras.Model, keras.layers, spec)
        self.model.compile("adam", "mse")

    def train(self):
        """Run an epoch of ``fit``."""
        self.model.fit(self.x, self.y, batch_size=self.spec["batch"], shuffle=False, verbose=0)

    def predict(self):
        """Predict the first batch."""
        return self.model.predict_on_batch(self.x[: self.spec["batch"]])


class Tinygraph(Keras):
    """Ours: the same calls."""

    def __init__(self, spec, jit_compile, backend="numpy"):
        from tinygraph import nn

        Trained.__init__(self, spec)
        self.model = sequence_model(nn.Input, nn.Model, nn, spec)
        self.model.compile("adam", "mse", backend=backend, jit_compile=jit_compile)

    def program(self):
        """Return the function of a training step."""
        (name,) = [symbol.name for symbol in self.model.inputs]
        (head,) = self.model.steps.heads
        x, y = self.batches()[0]
        return self.model.steps.function("train", {name: x, head.target: y})[0]

    def facts(self):
        """Return how many kernels a step calls, how many of them are products, and what is planned."""
        function = self.program()
        return {
            "calls": function.plan.calls,
            "products": sum(node.op.multiplications is not None for node in function.plan.called),
            "planned MB": function.plan.arena / 1e6,
        }

    def profile(self, rounds=10):
        """Return for each operation its name, the calls in a step, and their seconds, the longest first."""
        calls = list(self.program().program.steps())
        counts = Counter(node.op.name for node, _ in calls)
        spent = Counter()
        for _ in range(rounds):
            for node, call in calls:
                start = time.perf_counter()
                call()
                spent[node.op.name] += (time.perf_counter() - start) / rounds
        return [(name, counts[name], seconds) for name, seconds in spent.most_common()]

    def floor(self):
        """Return a function that computes the products of a step alone, on arrays laid out as ours are."""
        program = self.program().program
        random = np.random.default_rng(0)
        arrays = {}

        def stand_in(node):
            if node not in arrays:
                arrays[node] = np.empty_like(program.arrays[node])  # a transposed one stays transposed
                arrays[node][...] = random.normal(size=node.shape)
            return arrays[node]

        nodes = [node for node in program.plan.schedule if node.op.name == "matmul"]
        products = [(*map(stand_in, node.inputs), stand_in(node)) for node in nodes]

        def run():
            for left, right, out in products:
                np.matmul(left, right, out=out)

        return run


def sequence_model(Input, Model, layers, spec):
    """Return the model, in Keras or ours."""
    units, option = spec["units"], option_of(spec)
    x = series = Input((spec["time"], spec["features"]), batch_size=spec["batch"])
    if option == "mask":
        x = layers.Masking()(x)
    for _ in range(spec.get("layers", 1) - 1):
        x = layers.LSTM(units, return_sequences=True)(x)
    x = layers.LSTM(units, **OPTIONS[option])(x)
    if option == "return_state":
        x = layers.Concatenate()(list(x))
    return Model(series, layers.Dense(1)(x))


class PyTorch(Trained):
    """PyTorch's own LSTM in the usual loop; on a GPU that of cuDNN, with batches from pinned memory."""

    def __init__(self, spec, compiled, device="cpu"):
        import torch

        super().__init__(spec)
        torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
        torch.backends.cudnn.allow_tf32 = False  # float32, as in all others
        self.torch, self.device = torch, device
        module = torch_module(torch, spec).to(device)
        self.forward = torch.compile(module) if compiled else module
        self.optimizer = torch.optim.Adam(module.parameters())

    def load(self, steps):
        """Take the data of so many steps."""
        super().load(steps)
        self.x, self.y = self.torch.from_numpy(self.x), self.torch.from_numpy(self.y)
        if self.device != "cpu":
            self.x, self.y = self.x.pin_memory(), self.y.pin_memory()

    def train(self):
        """Run the steps."""
        loss_of = self.torch.nn.functional.mse_loss
        for x, y in self.batches():
            x, y = (each.to(self.device, non_blocking=True) for each in (x, y))
            self.optimizer.zero_grad()
            loss_of(self.forward(x), y).backward()
            self.optimizer.step()
        if self.device != "cpu":
            self.torch.cuda.synchronize()

    def predict(self):
        """Predict the first batch."""
        with self.torch.no_grad():
            return self.forward(self.x[: self.spec["batch"]].to(self.device)).cpu().numpy()


def torch_module(torch, spec):
    """Return the model as a module of PyTorch; raises ValueError for what its LSTM does not offer."""
    option = option_of(spec)
    if option in ("relu", "recurrent_dropout", "mask"):
        raise ValueError(f"torch.nn.LSTM has no {option}")
    units = spec["units"]

    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm = torch.nn.LSTM(
                spec["features"],
                units,
                num_layers=spec.get("layers", 1),
                bias=option != "use_bias=False",
                batch_first=True,
            )
            self.dense = torch.nn.Linear(3 * units if option == "return_state" else units, 1)
            self.states = None

        def forward(self, x):
            if option == "go_backwards":
                x = x.flip(1)
            if option == "dropout":
                kept = torch.ones(x.shape[0], 1, x.shape[2])
                x = x * torch.nn.functional.dropout(kept, 0.2, training=torch.is_grad_enabled())
            series, (h, c) = self.lstm(x, self.states)
            if option == "stateful":
                self.states = h.detach(), c.detach()
            last = series[:, -1]
            return self.dense(torch.cat([last, h[-1], c[-1]], 1) if option == "return_state" else last)

    return Network()


class JAX(Trained):
    """The textbook's equations under ``lax.scan``, with Adam written out, compiled as one step."""

    def __init__(self, spec):
        import jax

        super().__init__(spec)
        if option_of(spec) != "plain":
            raise ValueError("written for the plain LSTM only")
        self.jax = jax
        self.parameters = jax_parameters(spec)
        zeros = jax.tree.map(np.zeros_like, self.parameters)
        self.moments = zeros, zeros, np.int32(0)
        forward, step = jax_functions(jax)
        self.forward, self.step = jax.jit(forward), jax.jit(step, donate_argnums=(0, 1))

    def train(self):
        """Run the steps."""
        for x, y in self.batches():
            self.parameters, self.moments = self.step(self.parameters, self.moments, x, y)
        self.jax.block_until_ready(self.parameters)

    def predict(self):
        """Predict the first batch."""
        return np.asarray(self.forward(self.parameters, self.x[: self.spec["batch"]]))


def jax_parameters(spec):
    """Return kernel, recurrent kernel and bias of each layer, and those of the Dense."""
    random = np.random.default_rng(0)
    units = spec["units"]

    def weights(*shape):
        return random.normal(size=shape, scale=shape[0] ** -0.5).astype("float32")

    widths = [spec["features"], *[units] * (spec.get("layers", 1) - 1)]
    layers = [
        (weights(width, 4 * units), weights(units, 4 * units), np.zeros(4 * units, "float32"))
        for width in widths
    ]
    return layers, (weights(units, 1), np.zeros(1, "float32"))


def jax_functions(jax):
    """Return the functions of a prediction and of a training step."""
    jnp = jax.numpy

    def lstm(series, weights):
        kernel, recurrent_kernel, bias = weights
        zeros = jnp.zeros((series.shape[1], recurrent_kernel.shape[0]))

        def step(states, x):
            h, c = states
            i, f, g, o = jnp.split(x + h @ recurrent_kernel, 4, axis=1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            h = jax.nn.sigmoid(o) * jnp.tanh(c)
            return (h, c), h

        return jax.lax.scan(step, (zeros, zeros), series @ kernel + bias)[1]

    def forward(parameters, x):
        layers, (kernel, bias) = parameters
        series = x.swapaxes(0, 1)  # time first
        for weights in layers:
            series = lstm(series, weights)
        return series[-1] @ kernel + bias

    def step(parameters, moments, x, y):
        slopes = jax.grad(lambda p: jnp.mean((forward(p, x) - y) ** 2))(parameters)
        first, second, count = moments
        count = count + 1
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, slopes)
        second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, slopes)
        rate = 1e-3 * jnp.sqrt(1 - 0.999**count) / (1 - 0.9**count)
        moved = jax.tree.map(
            lambda p, m, v: p - rate * m / (jnp.sqrt(v) + 1e-7), parameters, first, second
        )  # fmt: skip
        return moved, (first, second, count)

    return forward, step


@dataclass(frozen=True)
class Contender:
    """A library: the packages that it needs, variables of its process, and how a model is made."""

    needs: frozenset[str]
    make: Callable
    module: str
    variables: Mapping[str, str] = field(default_factory=dict)

    def loaded(self):
        """Import the library, and return what makes a model of a specification."""
        __import__(self.module)
        return self.make


def on(backend, package):
    """Return Keras on a backend."""
    return Contender(frozenset({"keras", package}), Keras, "keras", {"KERAS_BACKEND": backend})


CATALOG = {
    "tinygraph": Contender(frozenset({"numpy"}), partial(Tinygraph, jit_compile=False), "tinygraph.nn"),
    "tinygraph[fast]": Contender(
        frozenset({"numpy", "llvmlite"}), partial(Tinygraph, jit_compile=True), "tinygraph.nn"
    ),
    "PyTorch": Contender(frozenset({"torch"}), partial(PyTorch, compiled=False), "torch"),
    "torch.compile": Contender(frozenset({"torch"}), partial(PyTorch, compiled=True), "torch"),
    "JAX": Contender(frozenset({"jax"}), JAX, "jax"),
    "Keras/JAX": on("jax", "jax"),
    "Keras/PyTorch": on("torch", "torch"),
    "Keras/TensorFlow": on("tensorflow", "tensorflow"),
}
#: What is compared on a GPU.
GPU = {
    "tinygraph on CuPy": Contender(
        frozenset({"numpy", "cupy-cuda12x"}),
        partial(Tinygraph, jit_compile="auto", backend="cupy"),
        "tinygraph.nn",
    ),
    "PyTorch cuDNN": Contender(
        frozenset({"torch"}), partial(PyTorch, compiled=False, device="cuda"), "torch"
    ),
}
EVERY = CATALOG | GPU
OURS = ("tinygraph", "tinygraph[fast]")
