"""Layers, models and training, with Keras' names: Sequential and Functional models around the LSTM."""

from tinygraph.nn import (
    activations as activations,
    initializers as initializers,
    losses as losses,
    metrics as metrics,
    optimizers as optimizers,
    schedules as schedules,
)
from tinygraph.nn.callbacks import Callback as Callback, History as History
from tinygraph.nn.data import DataError as DataError
from tinygraph.nn.layer import Layer as Layer
from tinygraph.nn.layers.core import (
    Activation as Activation,
    Dense as Dense,
    Dropout as Dropout,
    Embedding as Embedding,
)
from tinygraph.nn.layers.masking import Masking as Masking
from tinygraph.nn.layers.merge import (
    Add as Add,
    Average as Average,
    Concatenate as Concatenate,
    Maximum as Maximum,
    Minimum as Minimum,
    Multiply as Multiply,
    Subtract as Subtract,
)
from tinygraph.nn.layers.shape import Flatten as Flatten, Reshape as Reshape
from tinygraph.nn.model import Model as Model
from tinygraph.nn.naming import clear_session as clear_session
from tinygraph.nn.recurrent.bidirectional import Bidirectional as Bidirectional
from tinygraph.nn.recurrent.gru import GRU as GRU, GRUCell as GRUCell
from tinygraph.nn.recurrent.lstm import LSTM as LSTM, LSTMCell as LSTMCell
from tinygraph.nn.recurrent.rnn import RNN as RNN
from tinygraph.nn.recurrent.simple import SimpleRNN as SimpleRNN, SimpleRNNCell as SimpleRNNCell
from tinygraph.nn.recurrent.stacked import StackedRNNCells as StackedRNNCells
from tinygraph.nn.recurrent.time_distributed import TimeDistributed as TimeDistributed
from tinygraph.nn.registry import deserialize as deserialize, serialize as serialize
from tinygraph.nn.sequential import Sequential as Sequential
from tinygraph.nn.symbol import Input as Input, Symbol as Symbol
from tinygraph.nn.training import NonFiniteError as NonFiniteError
