"""`Resumed`: a model that knows how far its training is, and where the next `fit` begins."""

from __future__ import annotations

from tinygraph.nn.callbacks import History
from tinygraph.nn.feeding import Fed
from tinygraph.nn.loop import Loop
from tinygraph.nn.pickled import seeded_of
from tinygraph.nn.position import Position


class Resumed(Fed):
    """A model whose training can stop, go into a file, and go on elsewhere."""

    #: the losses and metrics of the last `fit`
    history: History | None = None
    _loop: Loop | None = None
    _position: Position | None = None
    _begins = Position()

    @property
    def position(self) -> Position | None:
        """How far training is, None where it never began: with the arrays of `tinygraph.saving.state` what a
        file must have for `fit` to go on. Setting it sets the history, too."""
        if self._loop is None:
            return self._position
        self._loop.steps.training.look()  # what is written is the state after steps that went well
        return self._loop.position

    @position.setter
    def position(self, position: Position) -> None:
        self._position, self.history = position, History()
        self.history.restore(position.epochs, position.rows)

    def begin_at(self, where: int | Position) -> None:
        """Let the `fit` that begins begin with another epoch, counted from 0, or there; for callbacks."""
        self._begins = where if isinstance(where, Position) else Position(where)

    def _start(self, resume: bool, initial_epoch: int) -> Position:
        """Return where `fit` begins."""
        known = self.position or Position()
        if resume and initial_epoch:
            raise ValueError("fit: resume=True says where to begin; leave initial_epoch out.")
        if resume:
            return known
        if initial_epoch and (initial_epoch, 0) == (known.epoch, known.batch):
            same = len(known.seeds) == len(seeded_of(self))  # else layers have come or gone
            return Position(initial_epoch, order=known.order, seeds=known.seeds if same else ())
        return Position(initial_epoch)
