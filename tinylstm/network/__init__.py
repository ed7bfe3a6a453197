"""The network: a peephole LSTM, a softmax output, and how they stand in a row."""

from . import initializers
from .network import Network
from .peephole_lstm import PeepholeLSTM
from .softmax_output import SoftmaxOutput

__all__ = ["Network", "PeepholeLSTM", "SoftmaxOutput", "initializers"]
