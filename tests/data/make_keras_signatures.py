"""Makes keras_signatures.json: the arguments of Keras' layers, regularizers and constraints that exist here.

    KERAS_BACKEND=jax PYTHONPATH=. python tests/data/make_keras_signatures.py [folder]

For each class there is "init" and, of layers, "call": the arguments in order, each as [name, default],
or [name] if it must be given. Those behind "*" go by name only.
"""

import inspect
import json
import sys
from pathlib import Path

import keras

from tinygraph import nn

MODULES = {"layers": nn, "regularizers": nn.regularizers, "constraints": nn.constraints}


def arguments(function):
    """The arguments of a method, without self and without those that ** takes."""
    found = []
    for p in list(inspect.signature(function).parameters.values())[1:]:
        if p.kind is p.KEYWORD_ONLY and "*" not in found:
            found.append("*")
        if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD):
            found.append([p.name] if p.default is p.empty else [p.name, p.default])
    return found


def signatures(theirs, ours):
    """The arguments of all classes of a module that have a namesake in ours."""
    names = [
        name for name in dir(theirs) if inspect.isclass(cls := getattr(theirs, name)) and cls.__name__ == name
    ]
    found = {}
    for name in names:
        cls = getattr(theirs, name)
        if hasattr(ours, name):
            found[name] = {"init": arguments(cls.__init__)}
            if hasattr(cls, "call"):
                found[name]["call"] = arguments(cls.call)
    return found


def main(folder=Path(__file__).parent):
    """Write the file, with one class a line."""
    modules = []
    for module, ours in MODULES.items():
        lines = [
            f"  {json.dumps(name)}: {json.dumps(of_class)}"
            for name, of_class in sorted(signatures(getattr(keras, module), ours).items())
        ]
        modules.append(f'"{module}": {{\n' + ",\n".join(lines) + "\n}")
    modules.append(f'"version": {json.dumps(keras.__version__)}')
    (Path(folder) / "keras_signatures.json").write_text("{\n" + ",\n".join(sorted(modules)) + "\n}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
