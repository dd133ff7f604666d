"""`Stored`: a model in files, of tinygraph and of other systems."""

from __future__ import annotations

import os
from typing import Any

from tinygraph.nn import registry
from tinygraph.nn.feeding import Fed
from tinygraph.saving.state import read_state, write_state


class Stored(Fed):
    """A model that can be written to files, and take its weights from them."""

    def save_weights(self, filepath: str | os.PathLike[str], overwrite: bool = True) -> None:
        """Write all weights to a safetensors file, and the optimizer's state if the model is compiled.

        The file is there whole or not at all; folders are made. What is in it: see `tinygraph.saving.state`.

        Raises:
            FileExistsError: there is a file, and not ``overwrite``.

        >>> import tempfile
        >>> from tinygraph.nn import Sequential, Dense
        >>> model, other = (Sequential([Dense(2, input_shape=(3,))]) for _ in range(2))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     model.save_weights(folder + "/model.safetensors")
        ...     other.load_weights(folder + "/model.safetensors")
        >>> bool((model.get_weights()[0] == other.get_weights()[0]).all())
        True
        """
        if not overwrite and os.path.exists(filepath):
            raise FileExistsError(
                f"{self.title}.save_weights: there is a file {os.fspath(filepath)!r} already."
            )
        write_state(self, filepath, {})

    def export(
        self,
        filepath: str | os.PathLike[str],
        format: str | None = None,
        verbose: bool | None = None,
        input_signature: None = None,
        **kwargs: Any,
    ) -> None:
        """Write what the model predicts to a file for other systems, which need no tinygraph to run it.

        Args:
            filepath: ``.onnx``: a graph for ONNX, see `tinygraph.exchange.onnx`.
            format: the same by name, where the file is called otherwise.
            verbose: whether to print where the file is.
            input_signature: None: what the inputs are the model knows.

        Raises:
            ImportError: the package for the format is not there.
            ValueError: an unknown format; or something that the format cannot say, with the layer's name.

        >>> import tempfile
        >>> from tinygraph.nn import LSTM, Dense, Sequential
        >>> model = Sequential([LSTM(8, input_shape=(12, 1)), Dense(1)])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     model.export(folder + "/model.onnx")
        """
        from tinygraph.exchange.export import export

        registry.reject(f"{self.title}.export", kwargs, ["format", "verbose", "input_signature"])
        export(self, filepath, format, verbose, input_signature)

    def load_weights(self, filepath: str | os.PathLike[str]) -> None:
        """Take all weights from a file of `save_weights`, and the optimizer's state if the model is compiled.

        Raises:
            FileNotFoundError: there is no such file.
            ModelFormatError: another kind of file, or weights of other shapes; the model stays as it was.
        """
        read_state(self, filepath)
