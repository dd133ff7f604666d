"""CUDA's C on the processor: a kernel is compiled as C++, and its threads are fibers that take turns.

It is slow and no measure of anything, but it runs the very text that a GPU would: the threads of a block one
after another, each up to the next ``__syncthreads``.
"""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from tinygraph.backends.cupy.launch import NAME

COMPILER = shutil.which("g++")

#: What a kernel finds declared. Headers would take longer to read than all kernels.
DECLARED = """
struct Index { unsigned x, y, z; };
extern Index threadIdx, blockIdx, blockDim, gridDim;
extern "C" void __syncthreads();
extern "C" void run(void (*kernel)(), const unsigned* sizes);
#define __global__
#define __device__
#define __shared__ static
#define __launch_bounds__(n)
template <class To, class From> To same_bits(From bits) { return *(To*)&bits; }
#define __int_as_float(bits) same_bits<float, unsigned>(bits)
#define __longlong_as_double(bits) same_bits<double, unsigned long long>(bits)
"""
ONE = ("tanh", "exp", "expm1", "log", "log1p", "sin", "cos", "erf", "sqrt", "floor", "fabs")
FUNCTIONS = "".join(f'extern "C" {{ float {f}f(float); double {f}(double); }}\n' for f in ONE)
FUNCTIONS += 'extern "C" { float powf(float, float); double pow(double, double); }\n'

THREADS = """
#include <ucontext.h>
#include <vector>
struct Index { unsigned x, y, z; };
Index threadIdx, blockIdx, blockDim, gridDim;
static ucontext_t scheduler, *running;
static void (*body)();
static bool over;
extern "C" void __syncthreads() { swapcontext(running, &scheduler); }
static void fiber() { body(); over = true; swapcontext(running, &scheduler); }

extern "C" void run(void (*kernel)(), const unsigned* sizes) {
    gridDim = {sizes[0], sizes[1], 1}, blockDim = {sizes[2], sizes[3], 1}, body = kernel;
    const unsigned count = blockDim.x * blockDim.y;
    static ucontext_t contexts[1024];
    static char stacks[1024][1 << 16];
    for (unsigned block = 0; block < gridDim.x * gridDim.y; block++) {
        blockIdx = {block % gridDim.x, block / gridDim.x, 0};
        std::vector<char> ended(count, 0);
        for (unsigned t = 0; t < count; t++) {
            getcontext(&contexts[t]);
            contexts[t].uc_stack.ss_sp = stacks[t];
            contexts[t].uc_stack.ss_size = sizeof stacks[t];
            makecontext(&contexts[t], fiber, 0);
        }
        for (unsigned left = count; left;) {
            left = 0;
            for (unsigned t = 0; t < count; t++) {
                if (ended[t]) continue;
                threadIdx = {t % blockDim.x, t / blockDim.x, 0};
                running = &contexts[t], over = false;
                swapcontext(&scheduler, running);
                ended[t] = over, left += !over;
            }
        }
    }
}
"""


class HostKernel:
    """What ``cupy.RawKernel`` is, for arrays in host memory."""

    def __init__(self, text: str, name: str):
        assert name == NAME
        self.text = text

    def compile(self) -> None:
        self.function = library(self.text).launch

    def __call__(self, blocks: tuple[int, ...], threads: tuple[int, ...], arguments: tuple[Any, ...]) -> None:
        kept = [argument_of(argument) for argument in arguments]
        pointers = (ctypes.c_void_p * len(kept))(*(each.ctypes.data for each in kept))
        grid, block = [(*size, 1)[:2] for size in (blocks, threads)]
        self.function((ctypes.c_uint * 4)(*grid, *block), pointers)


def argument_of(argument: Any) -> np.ndarray:
    """An array of the bytes that the kernel gets: an address, or a number of a NumPy dtype."""
    if isinstance(argument, np.ndarray):
        return np.array([argument.ctypes.data], dtype=np.uint64)
    assert isinstance(argument, np.generic), f"{argument!r} has no size that a kernel could rely on"
    return np.array([argument])


@cache
def threads() -> ctypes.CDLL:
    """What runs a kernel for every thread of every block."""
    return built(THREADS, "-O1")


@cache
def library(text: str) -> ctypes.CDLL:
    """The kernel as a library with one function: ``launch(sizes, arguments)``."""
    threads()
    parameters = re.search(rf"{NAME}\((.*?)\) {{", text, re.DOTALL)[1].split(",")
    types = [parameter.strip().rpartition(" ")[0] for parameter in parameters]
    given = ", ".join(f"*({kind}*)given[{k}]" for k, kind in enumerate(types))
    launch = (
        f"static void** given;\nstatic void call() {{ {NAME}({given}); }}\n"
        'extern "C" void launch(const unsigned* sizes, void** arguments) {\n'
        "    given = arguments;\n    run(call, sizes);\n}\n"
    )
    return built(DECLARED + FUNCTIONS + text + launch, "-O0")


def built(text: str, optimized: str) -> ctypes.CDLL:
    """Compile C++ and load it."""
    with tempfile.TemporaryDirectory() as folder:
        source, made = f"{folder}/source.cpp", f"{folder}/made.so"
        Path(source).write_text(text)
        command = [COMPILER, "-std=c++17", optimized, "-fwrapv", "-shared", "-fPIC", source, "-o", made]
        subprocess.run(command, check=True)
        return ctypes.CDLL(made, ctypes.RTLD_GLOBAL if text is THREADS else ctypes.DEFAULT_MODE)
