"""Learning rate schedules: learning rates that are functions of the step, counted from 0."""

from tinygraph.nn.schedules.base import LearningRateSchedule as LearningRateSchedule
from tinygraph.nn.schedules.cosine import (
    CosineDecay as CosineDecay,
    CosineDecayRestarts as CosineDecayRestarts,
)
from tinygraph.nn.schedules.decay import (
    ExponentialDecay as ExponentialDecay,
    InverseTimeDecay as InverseTimeDecay,
    PiecewiseConstantDecay as PiecewiseConstantDecay,
    PolynomialDecay as PolynomialDecay,
)
