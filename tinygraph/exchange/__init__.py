"""Models of other systems, read and written: Keras, PyTorch, ONNX, GGUF, and a script of plain NumPy."""

from tinygraph.exchange import gguf as gguf, torch as torch
