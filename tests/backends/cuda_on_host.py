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

BEFORE = """
#include <cmath>
#include <cstdint>
#include <cstring>
#include <ucontext.h>
#include <vector>
using namespace std;
struct Index { unsigned x, y, z; };
static Index threadIdx, blockIdx, blockDim, gridDim;
#define __global__
#define __shared__ static
#define __launch_bounds__(n)
static float __int_as_float(unsigned bits) { float x; memcpy(&x, &bits, 4); return x; }
static double __longlong_as_double(unsigned long long bits) { double x; memcpy(&x, &bits, 8); return x; }
static ucontext_t scheduler, *running;
static void __syncthreads() { swapcontext(running, &scheduler); }
"""

AFTER = """
static void (*body)();
static bool* done;
static void fiber() { body(); *done = true; swapcontext(running, &scheduler); }

static void run(void (*kernel)(), Index grid, Index block) {
    const unsigned count = block.x * block.y;
    vector<ucontext_t> contexts(count);
    vector<vector<char>> stacks(count, vector<char>(1 << 16));
    body = kernel, gridDim = grid, blockDim = block;
    for (unsigned b = 0; b < grid.x * grid.y; b++) {
        blockIdx = {b % grid.x, b / grid.x, 0};
        vector<char> over(count, 0);
        for (unsigned t = 0; t < count; t++) {
            getcontext(&contexts[t]);
            contexts[t].uc_stack.ss_sp = stacks[t].data(), contexts[t].uc_stack.ss_size = stacks[t].size();
            makecontext(&contexts[t], fiber, 0);
        }
        for (unsigned left = count; left;) {
            left = 0;
            for (unsigned t = 0; t < count; t++) {
                if (over[t]) continue;
                threadIdx = {t % block.x, t / block.x, 0};
                running = &contexts[t], done = (bool*)&over[t];
                swapcontext(&scheduler, running);
                left += !over[t];
            }
        }
    }
}
"""


class HostKernel:
    """What ``cupy.RawKernel`` is, for arrays in host memory."""

    def __init__(self, text: str, name: str, options: tuple[str, ...] = ()):
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
def library(text: str) -> ctypes.CDLL:
    """The kernel as a library with one function: ``launch(sizes, arguments)``."""
    parameters = re.search(rf"{NAME}\((.*?)\) {{", text, re.DOTALL)[1].split(",")
    types = [parameter.strip().rpartition(" ")[0] for parameter in parameters]
    given = ", ".join(f"*({kind}*)given[{k}]" for k, kind in enumerate(types))
    launch = (
        f"static void** given;\nstatic void call() {{ {NAME}({given}); }}\n"
        'extern "C" void launch(const unsigned* sizes, void** arguments) {\n'
        "    given = arguments;\n    run(call, {sizes[0], sizes[1], 1}, {sizes[2], sizes[3], 1});\n}\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        source, made = f"{folder}/kernel.cpp", f"{folder}/kernel.so"
        Path(source).write_text(BEFORE + text + AFTER + launch)
        command = [COMPILER, "-std=c++17", "-O0", "-fwrapv", "-shared", "-fPIC", source, "-o", made]
        subprocess.run(command, check=True)
        return ctypes.CDLL(made)
