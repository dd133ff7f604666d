"""Layers, models and training, with Keras' names: Sequential and Functional models around the LSTM."""

from tinygraph.nn import (
    activations as activations,
    callbacks as callbacks,
    constraints as constraints,
    initializers as initializers,
    losses as losses,
    metrics as metrics,
    optimizers as optimizers,
    regularizers as regularizers,
    schedules as schedules,
)
from tinygraph.nn.arrays import DataError as DataError
from tinygraph.nn.callbacks import Callback as Callback, History as History
from tinygraph.nn.layer import Layer as Layer
from tinygraph.nn.layers.activations import (
    ELU as ELU,
    LeakyReLU as LeakyReLU,
    PReLU as PReLU,
    ReLU as ReLU,
    Softmax as Softmax,
)
from tinygraph.nn.layers.adapted import Normalization as Normalization
from tinygraph.nn.layers.attention import (
    AdditiveAttention as AdditiveAttention,
    Attention as Attention,
)
from tinygraph.nn.layers.batch_normalization import BatchNormalization as BatchNormalization
from tinygraph.nn.layers.convolution import (
    Conv1D as Conv1D,
    Conv2D as Conv2D,
    Conv3D as Conv3D,
    Convolution1D as Convolution1D,
    Convolution2D as Convolution2D,
    Convolution3D as Convolution3D,
)
from tinygraph.nn.layers.core import (
    Activation as Activation,
    Dense as Dense,
    Embedding as Embedding,
)
from tinygraph.nn.layers.dot import Dot as Dot
from tinygraph.nn.layers.global_pooling import (
    GlobalAveragePooling1D as GlobalAveragePooling1D,
    GlobalAveragePooling2D as GlobalAveragePooling2D,
    GlobalAveragePooling3D as GlobalAveragePooling3D,
    GlobalAvgPool1D as GlobalAvgPool1D,
    GlobalAvgPool2D as GlobalAvgPool2D,
    GlobalAvgPool3D as GlobalAvgPool3D,
    GlobalMaxPool1D as GlobalMaxPool1D,
    GlobalMaxPool2D as GlobalMaxPool2D,
    GlobalMaxPool3D as GlobalMaxPool3D,
    GlobalMaxPooling1D as GlobalMaxPooling1D,
    GlobalMaxPooling2D as GlobalMaxPooling2D,
    GlobalMaxPooling3D as GlobalMaxPooling3D,
)
from tinygraph.nn.layers.lambda_layer import Lambda as Lambda
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
from tinygraph.nn.layers.multi_head_attention import MultiHeadAttention as MultiHeadAttention
from tinygraph.nn.layers.noise import (
    Dropout as Dropout,
    GaussianDropout as GaussianDropout,
    GaussianNoise as GaussianNoise,
    SpatialDropout1D as SpatialDropout1D,
)
from tinygraph.nn.layers.normalization import (
    LayerNormalization as LayerNormalization,
    UnitNormalization as UnitNormalization,
)
from tinygraph.nn.layers.pooling import (
    AveragePooling1D as AveragePooling1D,
    AveragePooling2D as AveragePooling2D,
    AveragePooling3D as AveragePooling3D,
    AvgPool1D as AvgPool1D,
    AvgPool2D as AvgPool2D,
    AvgPool3D as AvgPool3D,
    MaxPool1D as MaxPool1D,
    MaxPool2D as MaxPool2D,
    MaxPool3D as MaxPool3D,
    MaxPooling1D as MaxPooling1D,
    MaxPooling2D as MaxPooling2D,
    MaxPooling3D as MaxPooling3D,
)
from tinygraph.nn.layers.regularization import ActivityRegularization as ActivityRegularization
from tinygraph.nn.layers.resize import (
    Cropping1D as Cropping1D,
    UpSampling1D as UpSampling1D,
    UpSampling2D as UpSampling2D,
    UpSampling3D as UpSampling3D,
    ZeroPadding1D as ZeroPadding1D,
)
from tinygraph.nn.layers.shape import (
    Flatten as Flatten,
    Permute as Permute,
    RepeatVector as RepeatVector,
    Reshape as Reshape,
)
from tinygraph.nn.model import Model as Model
from tinygraph.nn.naming import clear_session as clear_session
from tinygraph.nn.outcomes import NonFiniteError as NonFiniteError
from tinygraph.nn.recurrent.bidirectional import Bidirectional as Bidirectional
from tinygraph.nn.recurrent.conv_lstm import (
    ConvLSTM1D as ConvLSTM1D,
    ConvLSTM1DCell as ConvLSTM1DCell,
    ConvLSTM2D as ConvLSTM2D,
    ConvLSTM2DCell as ConvLSTM2DCell,
    ConvLSTM3D as ConvLSTM3D,
    ConvLSTM3DCell as ConvLSTM3DCell,
)
from tinygraph.nn.recurrent.gru import GRU as GRU, GRUCell as GRUCell
from tinygraph.nn.recurrent.lstm import LSTM as LSTM, LSTMCell as LSTMCell
from tinygraph.nn.recurrent.rnn import RNN as RNN
from tinygraph.nn.recurrent.simple import SimpleRNN as SimpleRNN, SimpleRNNCell as SimpleRNNCell
from tinygraph.nn.recurrent.stacked import StackedRNNCells as StackedRNNCells
from tinygraph.nn.recurrent.time_distributed import TimeDistributed as TimeDistributed
from tinygraph.nn.registry import deserialize as deserialize, serialize as serialize
from tinygraph.nn.sequential import Sequential as Sequential
from tinygraph.nn.sources import PyDataset as PyDataset
from tinygraph.nn.symbol import Input as Input, Symbol as Symbol
