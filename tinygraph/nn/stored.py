"""`Stored`: a model in files, of tinygraph and of other systems."""

from __future__ import annotations

import os

from tinygraph.nn.checks import file_name, flag
from tinygraph.nn.resumed import Resumed
from tinygraph.saving import container
from tinygraph.saving.state import arrays_of, take_arrays

#: ends of names that say what kind of file it is, and the method that writes it
WRITTEN_BY = {
    ".keras": "save",
    ".weights.h5": "save_weights",
    ".h5": "save_weights, as .weights.h5",
    ".onnx": "export",
    ".gguf": "export",
    ".py": "export_numpy",
}


class Stored(Resumed):
    """A model that can be written to files, and take its weights from them."""

    def save(self, filepath: str | os.PathLike[str], overwrite: bool = True) -> None:
        """Write the whole model to a file, for `tinygraph.load`: layers, weights, what it is trained by.

        With the optimizer's state, how far training and its random numbers are, and the history, ``fit`` with
        ``resume=True`` goes on from the file as if it had not been left, amid an epoch too. The file is there
        whole or not at all; folders are made. It is a safetensors file; what is in it, see
        `tinygraph.saving.model_file`. If its name ends with .keras, it is one that Keras 3 opens, without
        random numbers and history; see `tinygraph.exchange.keras.files`.

        Raises:
            FileExistsError: there is a file, and not ``overwrite``.
            GraphError: the model has no shapes yet.
            ValueError: no name of a file, or one that says another kind, such as ``m.onnx``; a lambda is in
                it, which nothing could find again, or two things of one name; for Keras, what it has not.
            ImportError: for Keras, h5py is not installed (extra ``keras``).

        >>> import tempfile, tinygraph as tg
        >>> from tinygraph.nn import LSTM, Sequential
        >>> model = Sequential([LSTM(4, input_shape=(5, 2))])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     model.save(folder + "/m.tiny")
        ...     again = tg.load(folder + "/m.tiny")
        >>> bool((again.predict([[[1.0, 2.0]] * 5]) == model.predict([[[1.0, 2.0]] * 5])).all())
        True
        """
        if self._name_to_write("save", filepath, overwrite).endswith(".keras"):
            from tinygraph.exchange.keras.files import write_keras

            write_keras(self, filepath)
            return
        from tinygraph.saving.model_file import save_model

        save_model(self, filepath)

    def _name_to_write(self, method: str, filepath: str | os.PathLike[str], overwrite: bool) -> str:
        """Return the name of a file, or raise if it says another kind of file, or one that is to stay."""
        owner, name = f"{self.title}.{method}", self.check_name(method, filepath)
        if not flag(owner, "overwrite", overwrite) and os.path.exists(name):
            raise FileExistsError(
                f"{owner}: there is a file {name!r} already; write over it with overwrite=True."
            )
        return name

    def check_name(self, method: str, filepath: str | os.PathLike[str]) -> str:
        """Return the name of a file, or raise ValueError unless ``method`` writes such files."""
        owner = f"{self.title}.{method}"
        name = file_name(owner, "filepath", filepath)
        end = next((end for end in WRITTEN_BY if name.endswith(end)), None)
        if end is not None and WRITTEN_BY[end] != method:
            raise ValueError(f"{owner}: a file whose name ends in {end} is written by {WRITTEN_BY[end]}.")
        return name

    def save_weights(self, filepath: str | os.PathLike[str], overwrite: bool = True) -> None:
        """Write all weights to a safetensors file, and the optimizer's state if the model is compiled.

        The file is there whole or not at all; folders are made. What is in it: see `tinygraph.saving.state`.
        Where the name ends with .weights.h5, it is a file that Keras 3 reads (extra ``keras``).

        Raises:
            FileExistsError: there is a file, and not ``overwrite``.
            ValueError: no name of a file, or a name that says another kind of file, such as ``m.keras``.

        >>> import tempfile
        >>> from tinygraph.nn import Sequential, Dense
        >>> model, other = (Sequential([Dense(2, input_shape=(3,))]) for _ in range(2))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     model.save_weights(folder + "/model.safetensors")
        ...     other.load_weights(folder + "/model.safetensors")
        >>> bool((model.get_weights()[0] == other.get_weights()[0]).all())
        True
        """
        if self._name_to_write("save_weights", filepath, overwrite).endswith(".weights.h5"):
            from tinygraph.exchange.keras.files import write_keras_weights

            write_keras_weights(self, filepath)
        else:
            container.write(filepath, arrays_of(self), {})

    def export(
        self, filepath: str | os.PathLike[str], format: str | None = None, verbose: bool | None = None
    ) -> None:
        """Write the model for other systems, which need no tinygraph.

        Args:
            filepath: ``.onnx``: a graph that predicts, see `tinygraph.exchange.onnx`; ``.gguf``: the weights
                for tools of ggml, see `tinygraph.exchange.gguf`.
            format: the same by name, where the file is called otherwise.
            verbose: whether to print where the file is.

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

        export(self, filepath, format, verbose)

    def load_weights(self, filepath: str | os.PathLike[str]) -> None:
        """Take all weights from a file of `save_weights`, and the optimizer's state if the model is compiled.

        Files whose names end with .weights.h5 or .keras are those of Keras 3 (extra ``keras``).

        Raises:
            FileNotFoundError: there is no such file.
            ModelFormatError: another kind of file, or weights of other shapes; the model stays as it was.
        """
        name = file_name(f"{self.title}.load_weights", "filepath", filepath)
        if name.endswith((".weights.h5", ".keras")):
            from tinygraph.exchange.keras.files import read_keras_weights

            read_keras_weights(self, filepath)
        else:
            take_arrays(self, container.read(filepath).arrays, filepath)

    def export_numpy(self, path: str | os.PathLike[str]) -> None:
        """Write a script that predicts as the model does and needs NumPy only: to read, to run, to import.

        ``predict.py`` has a function for each kind of layer in the model, and ``predict(x)``, which reads
        line by line like the model. The weights are in ``predict.npz`` beside it. Both are written whole, the
        weights first; files of these names are replaced, and folders are made. Predictions are the same but
        for rounding, for batches of any size. States of stateful layers begin with 0 at each call.

        Args:
            path: where to write the script; its name ends in ``.py``.

        Raises:
            ValueError: another name; or a layer, cell or function of your own, which is named.
            GraphError: the model's shapes are not known yet.

        >>> import runpy, tempfile
        >>> import numpy as np
        >>> from tinygraph.nn import Sequential, LSTM, Dense
        >>> model = Sequential([LSTM(4, input_shape=(5, 3)), Dense(2)])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     model.export_numpy(folder + "/predict.py")
        ...     script = runpy.run_path(folder + "/predict.py")
        >>> script["predict"](np.ones((7, 5, 3))).shape
        (7, 2)
        """
        from tinygraph.exchange.script.export import export_numpy

        export_numpy(self, path)
