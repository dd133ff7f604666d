"""Which time step of which layer the level ``cell`` draws."""

from __future__ import annotations

from tinygraph.viz.levels.links import Links
from tinygraph.viz.text import listed


def steps_of(links: Links) -> dict[str, list[int]]:
    """Return the steps of each layer that has some, the layer that is done first before the others."""
    found: dict[str, set[int]] = {}
    for key in links.owners.key.values():  # from the last node to the first
        if key is not None and key[:2] == ("cell", "forward"):
            found.setdefault(key.layer, set()).add(key.step or 0)
    return {layer: sorted(found[layer]) for layer in reversed(found)}


def chosen_step(links: Links, layer: str | None, step: int | None) -> tuple[str, int]:
    """Return the scope of the layer of this name, or of the first one, and the step, or one in the middle.

    Raises:
        ValueError: no layer has steps, none has the name, or it has no such step.
    """
    known = steps_of(links)
    if not known:
        raise ValueError(
            "draw: level 'cell' draws a time step of a recurrent layer, and nothing here has time steps; "
            "take level 'ops'."
        )
    named = [scope for scope in known if layer in (None, scope)]
    named += [scope for scope in known if scope.rpartition("/")[2] == layer]
    if not named:
        raise ValueError(f"draw: no recurrent layer is called {layer!r}; take one of {listed([*known])}.")
    steps = known[named[0]]
    if step is None:
        return named[0], steps[len(steps) // 2]
    if step not in steps:
        raise ValueError(
            f"draw: steps={step} is no step of {named[0]!r}, which has the steps {steps[0]} to {steps[-1]}."
        )
    return named[0], step
