"""The network: a peephole LSTM, a softmax output, and how they stand in a row."""

from . import initializers
from .bidirectional_lstm import BidirectionalLSTM
from .dropout import Dropout
from .network import Network
from .peephole_lstm import PeepholeLSTM
from .softmax_output import SoftmaxOutput

__all__ = [
    "BidirectionalLSTM",
    "Dropout",
    "Network",
    "PeepholeLSTM",
    "SoftmaxOutput",
    "initializers",
]
