"""Reads the data of an explore page back, as the page does: from the packed string alone."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided


class Unpacked:
    """A payload after its way into a page; ``value(stage, id)`` follows the schema."""

    def __init__(self, text: str):
        self.data: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode(text)))
        self.buffers = {
            name: np.frombuffer(base64.b64decode(data), np.dtype(name).newbyteorder("<"))
            for name, data in self.data["arrays"].items()
        }

    def nodes(self, stage: str) -> dict[str, list]:
        return self.data["stages"][stage]["nodes"]

    def value(self, stage: str, node: int) -> np.ndarray:
        """The value of a node: a strided look into its dtype's buffer, or the product of its inputs."""
        record, nodes = self.data["stages"][stage], self.nodes(stage)
        kind = record["types"][nodes["type"][node]]
        at, strides = nodes["at"][node], nodes["strides"][node]
        if at < 0:
            column, row = (self.value(stage, source) for source in nodes["inputs"][node])
            return column * row
        buffer = self.buffers[kind["dtype"]][at:]
        if strides < 0:
            return buffer[: int(np.prod(kind["shape"]))].reshape(kind["shape"])
        steps = [step * buffer.itemsize for step in record["strides"][strides]]
        return as_strided(buffer, kind["shape"], steps, writeable=False)

    def referred(self, reference: dict[str, Any]) -> np.ndarray:
        start = reference["at"]
        return self.buffers[reference["dtype"]][start : start + reference["shape"][0]]

    def place(self, stage: str, node: int) -> dict[str, Any]:
        return self.data["stages"][stage]["places"][self.nodes(stage)["place"][node]]

    def op(self, stage: str, node: int) -> dict[str, Any]:
        return self.data["ops"][self.nodes(stage)["op"][node]]
