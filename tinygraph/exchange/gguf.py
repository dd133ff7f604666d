"""GGUF: the weights of a model in a file that the tools of ggml read; needs the extra ``gguf``."""

from __future__ import annotations

import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tinygraph.files import write_with_folder
from tinygraph.nn import registry
from tinygraph.version import __version__

if TYPE_CHECKING:
    from tinygraph.nn.compiled import Compiled
    from tinygraph.ops import Parameter

ARCHITECTURE = "tinygraph"


def write_gguf(model: Compiled, path: str | os.PathLike[str]) -> None:
    """Write the weights of a model to a GGUF file, whole or not at all, with what the model is as metadata.

    Tensors are called as the weights are, ``lstm/kernel``, numbered from the second of a name on, and are
    F32 or F64 as these are. GGUF has the axes in reverse order: ne of a kernel (features, units) is
    [units, features]; ``gguf.GGUFReader`` turns them back. (ggml itself takes names of up to 63 bytes and
    four axes.) Metadata:

    - ``general.architecture``: ``"tinygraph"``, ``general.name``: the model's name;
    - ``tinygraph.model``: the layers as JSON, as `tinygraph.nn.serialize` returns them;
    - ``tinygraph.version``: the tinygraph that wrote the file.

    Raises:
        GraphError: the model has no shapes yet.
        ImportError: the extra is not installed.

    >>> import tempfile, gguf
    >>> from tinygraph.nn import Dense, Sequential
    >>> model = Sequential([Dense(2, input_shape=(3,), name="dense")])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     model.export(folder + "/m.gguf")
    ...     tensors = gguf.GGUFReader(folder + "/m.gguf").tensors
    ...     [(tensor.name, tensor.data.shape) for tensor in tensors]
    [('dense/kernel', (3, 2)), ('dense/bias', (2,))]
    """
    try:
        from gguf import GGUFWriter
    except ImportError as missing:
        raise ImportError(
            "GGUF needs the package gguf, which is not installed: pip install 'tinygraph[gguf]'."
        ) from missing
    tensors = named(model)
    try:
        described = json.dumps(registry.serialize(model))
    except TypeError as problem:
        raise ValueError(
            f"{model.title}.export: get_config must return plain data, but: {problem}."
        ) from None
    with TemporaryDirectory() as folder:
        made = Path(folder, "made.gguf")
        writer = GGUFWriter(made, ARCHITECTURE)
        writer.add_name(model.name)
        writer.add_string(f"{ARCHITECTURE}.model", described)
        writer.add_string(f"{ARCHITECTURE}.version", __version__)
        for name, weight in tensors.items():
            writer.add_tensor(name, weight.value)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        write_with_folder(Path(path), made.read_bytes())


def named(model: Compiled) -> dict[str, Parameter]:
    """Return all weights by names that differ: layers of models in a model may have one name twice."""
    model._check_built()
    found: dict[str, Parameter] = {}
    for weight in model.weights:
        names = (f"{weight.label}_{k}" if k else weight.label for k in (0, *range(2, len(found) + 3)))
        found[next(name for name in names if name not in found)] = weight
    return found
