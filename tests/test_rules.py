"""The rules of the house that imports can tell: who may know whom, and what importing may do."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import tinygraph

ROOT = Path(tinygraph.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
ARRAY_MODULES = {"cupy", "numba", "jax", "torch", "tensorflow", "dask", "mlx"}
#: Packages that a plain ``import tinygraph`` must not load: optional ones, and those of other people's work.
NOT_AT_IMPORT = {
    "cupy", "numba", "pandas", "matplotlib", "graphviz", "torch", "tensorflow", "keras", "jax", "scipy",
    "h5py", "IPython", "llvmlite", "mpi4py", "threadpoolctl", "pytest", "hypothesis", "typst",
    "sklearn", "joblib", "dask", "distributed",
}  # fmt: skip


def name_of(path: Path) -> str:
    """``tinygraph/ops/leaf.py`` -> ``tinygraph.ops.leaf``."""
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def imports_of(path: Path) -> tuple[str, ...]:
    """Every module that a file imports anywhere, those inside functions included."""
    package = name_of(path).split(".") if path.name == "__init__.py" else name_of(path).split(".")[:-1]
    return tuple(imports_in(path.read_text(), package))


def imports_in(text: str, package: list[str]) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def inside(module: str, *rooms: str) -> bool:
    return any(module == room or module.startswith(room + ".") for room in rooms)


def breaches(room: str, forbidden: tuple[str, ...]) -> list[str]:
    """The imports of ``room`` that are among the forbidden."""
    found = []
    for path in FILES:
        if inside(name_of(path), room):
            found += [f"{name_of(path)} imports {m}" for m in imports_of(path) if inside(m, *forbidden)]
    return found


def rooms(*names: str) -> tuple[str, ...]:
    return tuple(f"tinygraph.{name}" for name in names)


def test_the_walk_sees_imports_of_every_kind():
    text = "import a.b\nfrom c import d\nfrom . import e\nfrom ..nn import f\ndef g():\n    import h\n"
    seen = set(imports_in(text, ["tinygraph", "ops"]))
    assert {"a.b", "c", "c.d", "tinygraph.ops", "tinygraph.ops.e", "tinygraph.nn.f", "h"} <= seen


def test_there_are_files_to_look_at():
    assert {"tinygraph.graph", "tinygraph.op", "tinygraph.ops.leaf", "tinygraph.run"} <= set(
        map(name_of, FILES)
    )


def test_graph_imports_nothing_of_ours():
    ours = breaches("tinygraph.graph", ("tinygraph",))
    assert ours  # of its own room
    assert all(" imports tinygraph.graph." in breach for breach in ours), ours


def test_op_knows_only_graph_and_defaults():
    allowed = rooms("graph", "defaults")
    ours = [m for m in imports_of(ROOT / "op.py") if inside(m, "tinygraph")]
    assert all(inside(module, *allowed) for module in ours), ours


def test_ops_never_import_what_is_built_on_them():
    later = rooms("grad", "rewrites", "nn", "viz", "plan", "run", "compile", "backends", "datasets")
    assert not breaches("tinygraph.ops", later)


def test_gradients_never_compute():
    assert not breaches("tinygraph.grad", (*rooms("run", "backends", "plan", "compile", "nn"), "numpy"))
    assert not breaches("tinygraph.grad", tuple(ARRAY_MODULES))


def test_planning_runs_nothing():
    assert not breaches("tinygraph.plan", (*rooms("run", "backends", "compile", "ops", "nn", "viz"), "numpy"))


def test_rewrites_run_nothing():
    assert not breaches("tinygraph.rewrites", rooms("run", "backends", "plan", "compile", "nn", "viz"))


def test_networks_never_import_a_backend_or_an_array_module_but_numpy():
    # Asking `backends.get` whether a name is usable is no device work; its arrays and their module would be.
    every = [name_of(path) for path in FILES if inside(name_of(path), "tinygraph.backends")]
    assert not breaches("tinygraph.nn", (*rooms("run"), *set(every) - {"tinygraph.backends"}))
    assert not breaches("tinygraph.nn", tuple(ARRAY_MODULES))
    for path in FILES:
        if inside(name_of(path), "tinygraph.nn"):
            tree = ast.walk(ast.parse(path.read_text()))
            assert not any(isinstance(node, ast.Attribute) and node.attr == "xp" for node in tree), name_of(
                path
            )


def test_device_modules_are_imported_by_their_backend_alone():
    for module in ARRAY_MODULES:
        users = {name_of(path) for path in FILES if any(inside(m, module) for m in imports_of(path))}
        assert users <= {f"tinygraph.backends.{module}", f"tinygraph.rewrites.{module}"}
    users = {name_of(path) for path in FILES if any(inside(m, "llvmlite") for m in imports_of(path))}
    assert users
    assert all(inside(user, "tinygraph.backends.fast") for user in users)


def test_scikit_learn_is_imported_in_its_room_alone_which_only_uses_networks():
    users = {name_of(path) for path in FILES if any(inside(m, "sklearn", "joblib") for m in imports_of(path))}
    assert users
    assert all(inside(user, "tinygraph.sklearn") for user in users)
    assert not breaches("tinygraph.nn", rooms("sklearn"))
    assert not breaches(
        "tinygraph.sklearn", rooms("ops", "grad", "run", "compile", "plan", "backends", "viz")
    )


def test_the_engine_knows_nothing_of_networks_and_drawings():
    for room in ("graph", "op", "ops", "grad", "plan", "run", "compile", "backends", "rewrites", "defaults"):
        assert not breaches(f"tinygraph.{room}", rooms("nn", "viz", "datasets", "sklearn"))


def in_a_new_process(lines: str) -> subprocess.CompletedProcess:
    """Run a script, which is not measured: that would import things too."""
    unmeasured = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    command = [sys.executable, "-c", lines]
    return subprocess.run(command, env=unmeasured, capture_output=True, text=True, check=True)


@pytest.mark.parametrize("module", ["tinygraph", "tinygraph.nn"])
def test_importing_prints_nothing_and_loads_nothing_optional(module):
    done = in_a_new_process(f"import sys, {module}\nsys.stderr.write(' '.join(sys.modules))")
    loaded = {name.split(".")[0] for name in done.stderr.split()}
    assert done.stdout == ""
    assert "tinygraph" in loaded  # and so stderr was nothing but the list
    assert all(name.replace(".", "_").isidentifier() for name in done.stderr.split())
    assert not loaded & NOT_AT_IMPORT


def test_using_numpy_loads_nothing_optional():
    lines = (
        "import sys, tinygraph as tg\n"
        "x = tg.input('x', (2,))\n"
        "tg.compile(tg.gradients(tg.sum(tg.tanh(x)), [x]))(x=[1, 2])\n"
        "sys.stderr.write(' '.join(sys.modules))"
    )
    loaded = {name.split(".")[0] for name in in_a_new_process(lines).stderr.split()}
    assert not loaded & NOT_AT_IMPORT


def test_importing_reads_no_environment_switch():
    # os.environ is read by NumPy and Python themselves, so it is our files that are searched. Where the
    # user's caches are is no switch, and a variable by convention; it is read when there is code to keep.
    for path in [path for path in FILES if name_of(path) != "tinygraph.backends.fast.cache"]:
        names = {
            node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)
        }
        assert not names & {"environ", "getenv", "putenv"}, name_of(path)


def test_nothing_prints_at_the_top_of_a_file():
    for path in FILES:
        for node in ast.parse(path.read_text()).body:
            call = getattr(node, "value", None)
            printed = isinstance(call, ast.Call) and getattr(call.func, "id", "") == "print"
            assert not printed, name_of(path)
