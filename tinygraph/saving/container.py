"""The file of a model: safetensors, with descriptions as JSON in its metadata and a digest of all of it.

The metadata are strings: ``format`` and ``version`` say what the file is, ``digest`` is the SHA-256 of the
whole file with zeros where the digest stands; the rest is what the writer has to say. Files from before there
was a version have no digest; they are read too, as version 0.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tinygraph.files import write_with_folder
from tinygraph.saving.errors import ModelFormatError
from tinygraph.saving.loading import brief, shortened

Array = np.ndarray[Any, Any]

VERSION = 1
UNSIGNED = "0" * 64
#: how the files of Keras begin
HDF5, ZIP = b"\x89HDF", b"PK\x03\x04"
_DIGEST = re.compile(rb'"digest":"([0-9a-f]{64})"')
#: what one description in a file may have: in memory a value takes some 60 bytes, a list or dict some 200
MOST_TEXT, MOST_VALUES, MOST_CONTAINERS = 2**22, 160_000, 40_000


class Contents(NamedTuple):
    """What a file holds: arrays by name, strings by name, and the version of the format."""

    arrays: dict[str, Array]
    metadata: dict[str, str]
    version: int


def write(path: str | os.PathLike[str], arrays: Mapping[str, Array], metadata: Mapping[str, str]) -> None:
    """Write arrays and strings to a file, whole or not at all; make its folder if need be."""
    header: dict[str, Any] = {"__metadata__": {"format": "tinygraph", "version": str(VERSION), **metadata}}
    values: list[memoryview] = []
    end = 0
    for name in sorted(arrays, key=lambda name: (-arrays[name].itemsize, name)):  # each at a multiple of it
        array = np.asarray(arrays[name], arrays[name].dtype.newbyteorder("<"), order="C")
        start, end = end, end + array.nbytes
        header[name] = {"dtype": _kind(array), "shape": array.shape, "data_offsets": [start, end]}
        values.append(array.reshape(-1).view("uint8").data)
    # in pieces: the arrays may be most of the memory
    write_with_folder(Path(path), head(header, *values), *values)


def _kind(array: Array) -> str:
    """Return what safetensors calls a dtype: F32, I64, BOOL."""
    return "BOOL" if array.dtype == bool else f"{array.dtype.kind.upper()}{8 * array.itemsize}"


def head(header: Mapping[str, Any], *values: bytes | memoryview) -> bytes:
    """Return what stands before the values of a file: the header, with its keys in order and the digest."""

    def lead(digest: str) -> bytes:
        metadata = {**header["__metadata__"], "digest": digest}
        text = json.dumps({**header, "__metadata__": metadata}, sort_keys=True, separators=(",", ":"))
        return (len(text) + -len(text) % 8).to_bytes(8, "little") + text.encode() + b" " * (-len(text) % 8)

    found = hashlib.sha256(lead(UNSIGNED))
    for value in values:
        found.update(value)
    return lead(found.hexdigest())


def read(path: str | os.PathLike[str]) -> Contents:
    """Return what a file holds; the arrays are copies.

    Raises:
        FileNotFoundError: there is no such file.
        ModelFormatError: it is no safetensors file, is damaged, or was written by a newer tinygraph.
    """
    path = Path(path)
    while True:
        with open(path, "rb") as file:  # raises FileNotFoundError, IsADirectoryError and so on
            try:
                return _contents(path, file)
            except ModelFormatError:
                if os.path.samestat(os.fstat(file.fileno()), os.stat(path)):
                    raise  # else somebody has saved meanwhile, and it was half of each file


def _contents(path: Path, file: Any) -> Contents:
    """Return what is in a file, which is open and stands at its path."""
    from safetensors import SafetensorError, safe_open

    header = _header(path, file)
    try:
        with safe_open(path, framework="np") as opened:
            metadata = opened.metadata() or {}
            version = _version(path, metadata)
            if version > 0 or "digest" in metadata:
                _check_digest(path, header, metadata, file)
            return Contents({n: opened.get_tensor(n) for n in opened.keys()}, metadata, version)  # noqa: SIM118
    except SafetensorError as problem:
        raise ModelFormatError(f"{path}: no whole safetensors file: {shortened(str(problem))}.") from None
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as problem:
        if isinstance(problem, ModelFormatError):
            raise
        raise ModelFormatError(
            f"{path}: arrays of a kind that NumPy does not have: {shortened(str(problem))}."
        ) from None


def parsed(path: str | os.PathLike[str], what: str, text: str, times: int = 1) -> Any:
    """Return the value of JSON in a file, or raise `ModelFormatError`: it may hold anything.

    ``times`` is how often as long as one description it may be.
    """
    values, containers = text.count(","), text.count("{") + text.count("[")
    most = [times * number for number in (MOST_TEXT, MOST_VALUES, MOST_CONTAINERS)]
    if any(came > number for came, number in zip((len(text), values, containers), most, strict=True)):
        raise ModelFormatError(f"{path}: {what}: {len(text)} characters of JSON are more than a model needs.")
    try:
        return json.loads(text, object_pairs_hook=_without_duplicates)
    except RecursionError:
        raise ModelFormatError(f"{path}: {what}: JSON that is nested too deeply.") from None
    except ValueError as problem:
        raise ModelFormatError(f"{path}: {what}: no JSON: {problem}.") from None


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise ValueError(f"the key {brief(twice)} stands there twice")
    return found


def _header(path: Path, file: Any) -> bytes:
    """Return the header with its length in front; the file is then at its arrays."""
    start = file.read(8)
    if start[:4] in (HDF5, ZIP):
        raise ModelFormatError(
            f"{path}: HDF5 or a zip, not a file of tinygraph; if Keras wrote it, name it .weights.h5 or "
            ".keras."
        )
    length, size = int.from_bytes(start, "little"), os.fstat(file.fileno()).st_size
    if len(start) < 8 or length > size - 8:
        raise ModelFormatError(
            f"{path}: no whole safetensors file: it has {size} bytes, less than its header says."
        )
    header = file.read(min(length, 4 * MOST_TEXT))
    text = header.decode(errors="replace")
    parsed(path, "no whole safetensors file, header", text, times=3)  # two descriptions, and the arrays
    return start + header


def _version(path: Path, metadata: Mapping[str, str]) -> int:
    """Return the version of the format, or raise `ModelFormatError` for one that is not known here."""
    if "format" not in metadata and "version" not in metadata:
        return 0
    given = metadata.get("version", "")
    if metadata.get("format") != "tinygraph" or not re.fullmatch(r"[1-9][0-9]{0,8}", given):
        raise ModelFormatError(
            f"{path}: expected a file of tinygraph, got format {brief(metadata.get('format'))}, "
            f"version {brief(given)}."
        )
    if int(given) > VERSION:
        raise ModelFormatError(
            f"{path}: version {given} of the format; this tinygraph reads up to {VERSION}. "
            "Update it: pip install --upgrade tinygraph."
        )
    return int(given)


def _check_digest(path: Path, header: bytes, metadata: Mapping[str, str], file: Any) -> None:
    """Raise `ModelFormatError` unless the file has the bytes that were written."""
    told = _DIGEST.findall(header)
    if len(told) == 1 and told[0].decode() == metadata.get("digest"):
        found = hashlib.sha256(_DIGEST.sub(f'"digest":"{UNSIGNED}"'.encode(), header))
        while piece := file.read(2**20):
            found.update(piece)
        if found.hexdigest().encode() == told[0]:
            return
    raise ModelFormatError(
        f"{path}: damaged: its bytes are not those that were written. Take another copy of the file."
    )
