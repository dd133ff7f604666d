"""What constructors and configs take, and what is said of what they do not."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Mapping
from typing import Any

#: how much of an unknown name is compared with the known ones
LONGEST_NAME = 100


def argument_names(cls: type) -> list[str]:
    """Return the names of a constructor's arguments, those that it passes on included."""
    return list(parameters_of(cls))


def parameters_of(cls: type) -> dict[str, inspect.Parameter]:
    """Return a constructor's parameters by name, those that it passes on with ``*`` and ``**`` included."""
    if "__signature__" in vars(cls):
        return dict(vars(cls)["__signature__"].parameters)
    found: dict[str, inspect.Parameter] = {}
    for base in cls.__mro__:
        if "__init__" not in vars(base) or base is object:
            continue
        parameters = list(inspect.signature(vars(base)["__init__"]).parameters.values())[1:]
        for p in parameters:
            if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL):
                found.setdefault(p.name, p)
        if not any(p.kind is p.VAR_KEYWORD for p in parameters):
            break
    return {name: p for name, p in found.items() if name not in getattr(cls, "settled", ())}


def reject_unknown(thing: Any, arguments: Mapping[str, Any]) -> None:
    """Raise TypeError if there are ``arguments``, which the constructor of ``thing`` does not know."""
    if arguments:
        reject(type(thing).__name__, arguments, argument_names(type(thing)))


def reject(owner: str, arguments: Mapping[str, Any], known: Any) -> None:
    """Raise TypeError for the first of ``arguments`` that is not ``known``, with the closest one that is."""
    for name in arguments:
        if name not in known:
            raise TypeError(f"{owner}: unknown argument {name!r}{did_you_mean(name, known)}")


def check_fields(owner: str, config: Mapping[str, Any], needed: Any, others: Any = ()) -> None:
    """Raise ValueError unless a config has all that is ``needed``, and of ``others`` at most."""
    for name in needed:
        if name not in config:
            raise ValueError(f"{owner}: its config has no {name!r}.")
    reject(owner, config, [*needed, *others])


def did_you_mean(name: str, known: Any) -> str:
    """Return the end of a message on an unknown name: the closest known one, or all there are."""
    name = str(name)[:LONGEST_NAME]  # a file may say anything, and the search takes long for long ones
    close = difflib.get_close_matches(name, [str(each) for each in known], n=5, cutoff=0.5)
    if close:
        swapped = [each for each in close if sorted(each) == sorted(name)]  # mea: mae before mse
        return f"; did you mean {(swapped or close)[0]!r}?"
    return f"; there are {', '.join(sorted(str(each) for each in known))}." if known else "."
