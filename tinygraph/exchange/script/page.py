"""The text of a script: what it says of itself, the functions, ``predict``, and what runs it."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence

from tinygraph.exchange.script.code import dtype_of, quoted, shape_of
from tinygraph.exchange.script.layout import wrapped
from tinygraph.exchange.script.library import FUNCTIONS, Given, Library, constant, in_general
from tinygraph.exchange.script.lines import MENTION, Line, Use, Value, mentioned
from tinygraph.exchange.script.writer import Writer

LOADING = '''
with np.load(Path(__file__).with_suffix(".npz")) as file:
    WEIGHTS = dict(file)


def weights(layer):
    """The arrays of a layer by name, such as its kernel and its bias."""
    names = [name for name in WEIGHTS if name.startswith(layer + "/")]
    return {name.removeprefix(layer + "/"): WEIGHTS[name] for name in names}
'''

READING = '''def read(path, shape):
    """The samples in a file: an array, or a table with a sample in each row."""
    table = path.endswith(".csv")
    x = np.loadtxt(path, delimiter=",", ndmin=2) if table else np.load(path)
    return x.reshape(-1, *shape)


if __name__ == "__main__":'''


class Page:
    """A script for lines that are needed, from inputs to outputs by name, all values named."""

    def __init__(
        self,
        stem: str,
        writer: Writer,
        lines: Sequence[Line],
        inputs: Sequence[Value],
        outputs: Mapping[str, Value],
        names: Mapping[Value, str],
        library: Library,
    ):
        self.stem, self.writer, self.lines = stem, writer, lines
        self.inputs, self.outputs, self.names, self.library = inputs, outputs, names, library

    def text(self) -> str:
        """The whole script."""
        predict = self.predict()
        functions = "".join(f"\n\n{text}\n" for text in self.library.needed(predict))
        maths = "import math\n" if "math." in functions else ""
        loading = LOADING if self.writer.arrays else ""
        head = f'"""{self.about()}"""\n\n{maths}import sys\n'
        head += "from pathlib import Path\n" if loading else ""
        return f"{head}\nimport numpy as np\n{loading}{functions}\n\n{predict}\n\n\n{self.main()}\n"

    def about(self) -> str:
        """The docstring of the script."""
        weights = f"Its weights are in {self.stem}.npz. " if self.writer.arrays else ""
        files = [self.names[value] for value in self.inputs]
        arrays, tables = (" ".join(f"{name}{suffix}" for name in files) for suffix in (".npy", ".csv"))
        return (
            "Predictions of a neural network, by NumPy alone.\n\n"
            f"{weights}It reads arrays, or tables with a sample in each row:\n\n"
            f"    python {self.stem}.py {arrays}\n"
            f"    python {self.stem}.py {tables}\n"
        )

    def predict(self) -> str:
        """The function that reads line by line like the model."""
        taken = [
            Line([value], f"np.asarray({self.names[value]}, {dtype_of(value)})") for value in self.inputs
        ]
        *before, last = [*taken, *self.lines]
        arguments = ", ".join(self.names[value] for value in self.inputs)
        lines = [*wrapped(f"def predict({arguments}):"), f'    """{self.promise()}"""']
        lines += [text for line in before for text in self.assigned(line)]
        results = list(self.outputs.values())
        if last.targets == results and len(results) == 1:
            return "\n".join([*lines, *wrapped(f"    return {self.code(last.code)}", shape_of(*results))])
        lines += self.assigned(last)
        if len(results) == 1:
            return "\n".join([*lines, f"    return {self.names[results[0]]}"])
        items = [f"        {quoted(name)}: {self.names[value]}," for name, value in self.outputs.items()]
        return "\n".join([*lines, "    return {", *items, "    }"])

    def assigned(self, line: Line) -> list[str]:
        """A line as text: what it computes, and the shapes."""
        targets = ", ".join(self.names[value] for value in line.targets)
        shapes = [shape_of(value) for value in line.targets]
        return wrapped(f"    {targets} = {self.code(line.code)}", ", ".join(shapes) if all(shapes) else "")

    def promise(self) -> str:
        """The docstring of ``predict``."""
        names = "" if len(self.outputs) == 1 else ", by output"
        states = "; states begin as 0" if self.writer.stateful else ""
        return f"What the network says of a batch of samples{names}{states}."

    def code(self, code: str) -> str:
        """Code with the names of the values in it, and its calls written out."""
        while MENTION.search(code):
            code = MENTION.sub(lambda found: self._named(self.writer.known[int(found[1])]), code)
        return code

    def _named(self, thing: Value | Use) -> str:
        if isinstance(thing, Value):
            return self.names[thing]
        name = thing.function.__name__
        settled = self.library.settled(name)
        weights = [f'**weights("{thing.weights.path}")'] if thing.weights and thing.weights.names else []
        options = [f"{n}={code}" for n, code in thing.options.items() if (n, code) not in settled]
        return f"{name}({', '.join([*thing.values, *weights, *options])})"

    def main(self) -> str:
        """What runs the script."""
        read, example = [], []
        for k, value in enumerate(self.inputs, start=1):
            shape = value.shape or ()
            read.append(f"read(sys.argv[{k}], {shape})")
            example.append(f"np.{'ones' if value.dtype.kind == 'f' else 'zeros'}({(1, *shape)})")
        return "\n".join(
            [
                READING,
                "    if len(sys.argv) > 1:",
                *self._printed(read),
                "    else:  # an example",
                *self._printed(example),
            ]
        )

    def _printed(self, samples: Sequence[str]) -> list[str]:
        """The lines that print what is said of samples."""
        if len(samples) == 1:
            return [f"        print(predict({samples[0]}))"]
        names = [self.names[value] for value in self.inputs]
        given = [f"        {name} = {each}" for name, each in zip(names, samples, strict=True)]
        return [*given, *wrapped(f"        print(predict({', '.join(names)}))")]


def calls_of(writer: Writer, lines: Sequence[Line]) -> list[tuple[str, Given]]:
    """The calls in lines, with what each gives its function."""
    found: list[tuple[str, Given]] = []
    for line in lines:
        for use in mentioned(line.code, writer.known):
            if isinstance(use, Use):
                parameters = list(inspect.signature(use.function).parameters)
                given: dict[str, str | None] = dict.fromkeys(parameters[: len(use.values)])
                given |= dict.fromkeys(use.weights.names if use.weights else ())
                given |= {name: constant_or_none(code) for name, code in use.options.items()}
                found.append((use.function.__name__, given))
                handed = [code for code in (*use.values, *use.options.values()) if code in FUNCTIONS]
                found += [(name, in_general(name)) for name in handed]
    return found


def constant_or_none(code: str) -> str | None:
    """Code if it is a constant; None if it mentions values."""
    return None if MENTION.search(code) else constant(code)
