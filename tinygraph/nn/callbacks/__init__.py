"""Callbacks: what is told of every epoch and batch, with Keras' names."""

from tinygraph.nn.callbacks.backup import BackupAndRestore as BackupAndRestore
from tinygraph.nn.callbacks.base import Callback as Callback, CallbackList as CallbackList, Logs as Logs
from tinygraph.nn.callbacks.checkpoint import ModelCheckpoint as ModelCheckpoint
from tinygraph.nn.callbacks.csv_logger import CSVLogger as CSVLogger
from tinygraph.nn.callbacks.early_stopping import EarlyStopping as EarlyStopping
from tinygraph.nn.callbacks.history import History as History
from tinygraph.nn.callbacks.rates import (
    LearningRateScheduler as LearningRateScheduler,
    ReduceLROnPlateau as ReduceLROnPlateau,
)
from tinygraph.nn.callbacks.small import LambdaCallback as LambdaCallback, TerminateOnNaN as TerminateOnNaN
