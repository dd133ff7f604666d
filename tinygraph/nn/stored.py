"""`Stored`: a model in files, of tinygraph and of other systems."""

from __future__ import annotations

import os

from tinygraph.nn.callbacks import History
from tinygraph.nn.feeding import Fed
from tinygraph.saving.state import read_state, write_state


class Stored(Fed):
    """A model that can be written to files, and take its weights from them."""

    #: the losses and metrics of the last `fit`
    history: History | None = None

    def save(self, filepath: str | os.PathLike[str], overwrite: bool = True) -> None:
        """Write the whole model to a file, for `tinygraph.load`: layers, weights, what it is trained by.

        With the optimizer's state, how far random numbers are, and the history, training goes on from the
        file as if it had not been left. The file is there whole or not at all; folders are made. It is a
        safetensors file; what is in it, see `tinygraph.saving.model_file`.

        Raises:
            FileExistsError: there is a file, and not ``overwrite``.
            GraphError: the model has no shapes yet.
            ValueError: a lambda is in it, which nothing could find again.

        >>> import tempfile, tinygraph as tg
        >>> from tinygraph.nn import LSTM, Sequential
        >>> model = Sequential([LSTM(4, input_shape=(5, 2))])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     model.save(folder + "/m.tiny")
        ...     again = tg.load(folder + "/m.tiny")
        >>> bool((again.predict([[[1.0, 2.0]] * 5]) == model.predict([[[1.0, 2.0]] * 5])).all())
        True
        """
        self._may_write("save", filepath, overwrite)
        from tinygraph.saving.model_file import save_model

        save_model(self, filepath)

    def _may_write(self, method: str, filepath: str | os.PathLike[str], overwrite: bool) -> None:
        """Raise FileExistsError if there is a file that is to stay."""
        if not overwrite and os.path.exists(filepath):
            raise FileExistsError(f"{self.title}.{method}: there is a file {os.fspath(filepath)!r} already.")

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
        self._may_write("save_weights", filepath, overwrite)
        write_state(self, filepath, {})

    def load_weights(self, filepath: str | os.PathLike[str]) -> None:
        """Take all weights from a file of `save_weights`, and the optimizer's state if the model is compiled.

        Raises:
            FileNotFoundError: there is no such file.
            ModelFormatError: another kind of file, or weights of other shapes; the model stays as it was.
        """
        read_state(self, filepath)
