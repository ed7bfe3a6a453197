"""The network: a peephole LSTM, a softmax output, and how they stand in a row."""

from . import initializers
from .dropout import Dropout
from .network import Network
from .peephole_lstm import PeepholeLSTM
from .softmax_output import SoftmaxOutput

__all__ = ["Dropout", "Network", "PeepholeLSTM", "SoftmaxOutput", "initializers"]
