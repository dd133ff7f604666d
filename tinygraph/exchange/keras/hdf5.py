"""The weights file of Keras 3: groups of numbered variables in HDF5, of which only plain arrays are read."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from tinygraph.saving.errors import ModelFormatError

Array = np.ndarray[Any, Any]


def h5py() -> Any:
    """Return the module h5py, or raise ImportError."""
    try:
        import h5py
    except ImportError:
        raise ImportError(
            "Files of Keras need the package h5py, which is not installed: pip install 'tinygraph[keras]'."
        ) from None
    return h5py


class Variables:
    """The variables in an open file: arrays, numbered from 0, in a group ``<path>/vars`` for each object."""

    def __init__(self, file: Any):
        self.file = file
        #: the datasets that were asked for
        self.used: set[str] = set()

    def group(self, path: str) -> Any | None:
        """Return the group at ``path``, if there is one. Links that lead elsewhere are refused."""
        found = self.file
        for part in path.split("/"):
            if part not in found:
                return None
            found = self._child(found, part)
            if not isinstance(found, h5py().Group):
                raise ModelFormatError(f"{path} must be a group.")
        return found

    def _child(self, group: Any, name: str) -> Any:
        if group.get(name, getlink=True, getclass=True) is not h5py().HardLink:
            raise ModelFormatError(f"{group.name}/{name} is a link that leads elsewhere.")
        return group[name]

    def name(self, path: str) -> str | None:
        """Return the name of the object whose variables are at ``path``, where the file says it."""
        group = self.group(f"{path}/vars")
        value = None if group is None else group.attrs.get("name")
        return value if isinstance(value, str) else None

    def arrays(self, path: str, owner: str, shapes: Sequence[tuple[int, ...]]) -> list[Array]:
        """Return the variables at ``path``, which must have these shapes; ``owner`` is for messages."""
        datasets = self.datasets(path)
        if (came := [dataset.shape for dataset in datasets]) != list(shapes):
            raise ModelFormatError(
                f"{owner}: expected variables of {list(shapes)} at {path or 'the top'}/vars, got {came}. "
                "These are the weights of another model."
            )
        return [self.read(dataset) for dataset in datasets]

    def datasets(self, path: str) -> list[Any]:
        """Return the datasets of the variables at ``path``, in order."""
        group = self.group(f"{path}/vars".lstrip("/"))
        names = [] if group is None else list(group)
        if sorted(names) != sorted(map(str, range(len(names)))):
            raise ModelFormatError(f"{path}/vars: variables must be numbered from 0, got {names[:9]}.")
        datasets = [self._child(group, str(k)) for k in range(len(names))]
        for dataset in datasets:
            self._check(dataset)
        return datasets

    def _check(self, dataset: Any) -> None:
        """Raise `ModelFormatError` unless it is an array of numbers that lies in the file as it is."""
        if not isinstance(dataset, h5py().Dataset):
            raise ModelFormatError(f"{dataset.name} must be an array.")
        if dataset.dtype.kind not in "fiub" or dataset.dtype.itemsize > 8:
            raise ModelFormatError(f"{dataset.name} must have numbers, got {dataset.dtype}.")
        if dataset.external or dataset.is_virtual or dataset.chunks is not None:
            raise ModelFormatError(
                f"{dataset.name} is chunked, packed or elsewhere; save the file with Keras."
            )
        expected = math.prod(dataset.shape) * dataset.dtype.itemsize
        if dataset.id.get_storage_size() != expected:
            raise ModelFormatError(f"{dataset.name} says {expected} bytes and has another number of them.")

    def read(self, dataset: Any) -> Array:
        """Return a copy of what a dataset holds."""
        self.used.add(dataset.name)
        return np.asarray(dataset[()])

    def unused(self) -> Iterator[str]:
        """Give the names of datasets that nobody has asked for."""
        found: list[str] = []
        self.file.visititems(lambda name, each: found.append(name) if hasattr(each, "shape") else None)
        return (name for name in found if f"/{name}" not in self.used)


@contextmanager
def opened(content: io.BytesIO | io.BufferedReader) -> Iterator[Variables]:
    """Open a weights file that is in memory or on disk."""
    with h5py().File(content, "r") as file:
        yield Variables(file)


def written(variables: Mapping[str, tuple[str, Sequence[Array]]]) -> bytes:
    """Return the bytes of a weights file; for each path the object's name and its variables."""
    content = io.BytesIO()
    with h5py().File(content, "w") as file:
        for path, (name, arrays) in variables.items():
            group = file.create_group(f"{path}/vars".lstrip("/"))
            group.attrs["name"] = name
            for k, array in enumerate(arrays):
                group.create_dataset(str(k), data=array)
    return content.getvalue()
