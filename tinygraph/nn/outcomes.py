"""What became of training steps: known at once on the host; on a device when somebody looks."""

from __future__ import annotations

from collections import UserDict
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from tinygraph.compile import Function
    from tinygraph.nn.data import Samples
    from tinygraph.nn.steps import Steps


class NonFiniteError(ArithmeticError):
    """A loss, gradient or new weight became NaN or infinite; the weights are those of the step before."""


class Logs(UserDict):
    """Values by name that are fetched when somebody looks: until then nobody waits for the device."""

    def __init__(self, fetch: Callable[[], dict[str, float]]):
        self._fetch = fetch

    @cached_property
    def data(self) -> dict[str, float]:  # type: ignore[override]
        """The values."""
        return self._fetch()


class Training:
    """The training steps of a model, of which nobody need look at each.

    A step that goes wrong changes nothing, nor does one after it, until `look` raises `NonFiniteError`.
    """

    def __init__(self, steps: Steps):
        self.steps = steps
        self.forget()

    def forget(self) -> None:
        """Let go of steps that nobody looked at: training was broken off."""
        self.running: Function | None = None
        #: the samples, rows and name of each step since the last look
        self.unseen: list[tuple[Samples, Any, str]] = []

    def step(self, data: Samples, rows: Any, where: str) -> None:
        """Take a step on the samples at ``rows``, and look at it where nobody has to wait."""
        feeds = data.take(rows)
        function = self.steps.ready("train", feeds)
        if function is not self.running:
            self.look()
            function.failed()  # of steps that were let go of
            self.running = function
        self.unseen.append((data, rows, where))
        self.steps.start(function, feeds)
        if self.steps.immediate:
            self.look()

    def look(self) -> None:
        """Wait for the steps so far; raise `NonFiniteError` if one of them went wrong."""
        unseen, self.unseen = self.unseen, []
        failed = self.running.failed() if self.running is not None and unseen else None
        if failed is not None:
            data, rows, where = unseen[failed]
            raise NonFiniteError(self._diagnosis(data.take(rows), where))

    def _diagnosis(self, feeds: dict[str, Any], where: str) -> str:
        """What was wrong: the step is taken again, which changes nothing again."""
        loss = float(self.steps.run("train", feeds)["loss"])
        first = self.steps.first_nonfinite("train", feeds)
        found = f"; the first node that is not finite is {first.label}" if first is not None else ""
        what = f"the loss is {loss:g}" + (", but its step is not finite" if np.isfinite(loss) else "")
        return (
            f"{where}: {what}{found}. The weights are those before this step. "
            "A smaller learning rate, clipnorm or scaled inputs usually help."
        )
