"""How long the values of a plan live, and where: plain records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from tinygraph.plan import Plan, nbytes
from tinygraph.viz.levels.scopes import where
from tinygraph.viz.stages.places import Places


@dataclass(frozen=True)
class Life:
    """A value in a buffer: the ``size`` bytes from ``start`` on are its from the operation ``first`` on,
    which writes it, up to the operation ``end``, which may have them."""

    label: str
    pass_: str
    buffer: int
    first: int
    end: int
    start: int
    size: int


def lives(plan: Plan, operations: Sequence[int]) -> list[Life]:
    """Return the lives of all values that stand in buffers.

    Args:
        plan: the plan.
        operations: how many operations have run before each step of the schedule, and when all have.
    """
    places = Places(plan)
    steps = len(plan.schedule)  # what is given out lives when all of them are done
    end = {node: operations[min(last + 1, steps)] for node, (_, last) in plan.lives.items()}
    for node, under in places.over.items():
        end[under] = operations[plan.lives[node][0]]
    found = []
    for node, (first, _) in sorted(plan.lives.items(), key=lambda life: life[1]):
        made = node.inputs[0] if node.op.picks else node
        begin, start = operations[first], plan.slots[node]
        place = places.number[start], begin, max(end[node], begin + 1), start
        found.append(Life(made.label, where(made.scope).pass_, *place, nbytes(node)))
    return found


def operations(*plans: Plan) -> list[int]:
    """Return how many of the nodes that any plan calls a kernel for stand before each step, and in all."""
    called = {node for plan in plans for node in plan.called}
    called |= {node for plan in plans for node, left in plan.joined.items() if left}
    return [*accumulate((node in called for node in plans[0].schedule), initial=0)]


def most_alive(lives: Sequence[Life]) -> int:
    """Return how many bytes of values are alive at once at most: in this order no plan does with fewer."""
    change: dict[int, int] = {}
    for life in lives:
        change[life.first] = change.get(life.first, 0) + life.size
        change[life.end] = change.get(life.end, 0) - life.size
    return max(accumulate(change[at] for at in sorted(change)), default=0)
