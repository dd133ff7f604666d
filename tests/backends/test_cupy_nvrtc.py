"""NVIDIA's compiler accepts every kernel that an LSTM's training and the tests of kernels need."""

from __future__ import annotations

import sys
from typing import ClassVar

import numpy as np
import pytest
from backends import nvrtc, test_cupy_kernels as kernels
from backends.fake_cupy import fake_cupy
from backends.fused_call import one_call

import tinygraph as tg
from tinygraph import Graph, backends, nn
from tinygraph.backends import cupy as cupy_backend
from tinygraph.backends.cupy import product
from tinygraph.backends.cupy.launch import NAME
from tinygraph.plan import plan
from tinygraph.run import Program


class Compiled:
    """A kernel that is compiled for each architecture, and does nothing."""

    texts: ClassVar[list[str]]

    def __init__(self, text, name):
        self.text = text

    def compile(self):
        for architecture in ("compute_80", "compute_90"):
            assert f".visible .entry {NAME}(" in nvrtc.compile(self.text, architecture)
        self.texts.append(self.text)

    def __call__(self, *given):
        pass


@pytest.fixture
def compiler(monkeypatch):
    """The CuPy backend with kernels that are compiled by NVIDIA, and not run."""
    if nvrtc.library() is None:
        pytest.skip("NVRTC is not installed; pip install nvidia-cuda-nvrtc-cu12")
    cupy = fake_cupy()
    cupy.RawKernel = Compiled
    monkeypatch.setattr(Compiled, "texts", [], raising=False)
    cupy_backend.backend.cache_clear()
    monkeypatch.setitem(sys.modules, "cupy", cupy)
    yield backends.get("cupy")
    cupy_backend.backend.cache_clear()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_formulas(compiler, dtype):
    x = np.ones((2, 3), dtype)
    for build, values in ((kernels.unary, [x]), (kernels.binary, [x, x])):
        Program(plan(one_call(build, *values)), compiler.compiled())
    assert len(Compiled.texts) == 2


@pytest.mark.parametrize("dtype", ["int32", "int64"])
def test_formulas_of_whole_numbers(compiler, dtype):
    x = np.ones((2, 3), dtype)
    Program(plan(one_call(kernels.whole, x, x)), compiler.compiled())
    assert len(Compiled.texts) == 1


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_products_and_sums(compiler, dtype):
    x, y = tg.input("x", (4, 20, 3), dtype), tg.input("y", (20, 5), dtype)
    outputs = [
        tg.transpose(y) @ y,
        tg.affine(tg.transpose(y), y, y[0]),
        tg.sum(x, axis=(0, 2)),
        tg.mean(x, axis=1),
        tg.all_finite(x, y),
    ]
    outputs += [tg.max(x, axis=2), tg.uniform(tg.counter("step"), (3,), seed=1, dtype=dtype)]
    Program(plan(Graph({str(k): node for k, node in enumerate(outputs)})), compiler.compiled())
    assert len(Compiled.texts) == 8
    for each in (2, 4):  # a product that is large enough for it is not made for a test
        for added in (False, True):
            Compiled(product.source(dtype, each, added), NAME).compile()


def test_an_lstm_in_training(compiler):
    model = nn.Sequential([nn.Input((6, 3)), nn.LSTM(8, dropout=0.2), nn.Dense(1)])
    model.compile("adam", "mse", backend="cupy")
    steps = model._steps("fit")
    feeds = {model.inputs[0].name: np.zeros((4, 6, 3)), steps.heads[0].target: np.zeros((4, 1))}
    steps.function("train", feeds)
    assert len(Compiled.texts) > 10
