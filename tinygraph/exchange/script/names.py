"""Names for values: a chain of layers writes ``x = layer(x)``; what lives on beside it has its own name."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Collection, Iterable, Sequence

from tinygraph.exchange.script.lines import Line, Value

#: what no value may be called: it means something else in a script
TAKEN = {*dir(builtins), *keyword.kwlist, "np", "sys", "math", "Path", "weights", "predict", "main"} | {
    "WEIGHTS", "file", "values",
}  # fmt: skip


def identifier(text: str) -> str:
    """Return ``text`` as a name that Python takes, made of letters, digits and ``_``.

    >>> identifier("sea surface (°C)"), identifier("2nd")
    ('sea_surface_C', 'x_2nd')
    """
    name = re.sub(r"[^0-9A-Za-z_]+", "_", text).strip("_")
    return name if name and not name[0].isdigit() else f"x_{name}".rstrip("_")


def path_part(name: str) -> str:
    """Return the name of a layer as part of the name of its arrays."""
    return re.sub(r"[^0-9A-Za-z_.-]+", "_", name)


def unlike(name: str, taken: Collection[str]) -> str:
    """Return ``name``, with a number if something is called so already."""
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}_{number}"
    return found


def name_values(
    inputs: Sequence[Value], lines: Sequence[Line], outputs: Iterable[Value], functions: Collection[str]
) -> dict[Value, str]:
    """Return a name for each value; two have the same only if they do not live at the same time."""
    last = {value: place for place, line in enumerate(lines) for value in line.reads}
    last |= dict.fromkeys(outputs, len(lines))
    taken = TAKEN | set(functions)
    names: dict[Value, str] = {}
    for value in inputs:
        names[value] = unlike(identifier(value.name or "x"), taken | set(names.values()))
    for place, line in enumerate(lines):
        living = {names[v] for v in names if last.get(v, -1) > place}
        for target in line.targets:
            if target not in last:
                names[target] = "_"
                continue
            flowing = names.get(line.main) if line.main is not None else None
            if target.name is None and flowing is not None and flowing not in living and flowing != "_":
                names[target] = flowing
            else:
                name = target.name or (target.own if flowing is not None else "x")
                names[target] = unlike(identifier(name), taken | living)
            living.add(names[target])
    return names
