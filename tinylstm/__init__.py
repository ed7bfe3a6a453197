"""A peephole LSTM with hand-written backpropagation through time, in NumPy alone."""

from .data import Batch, SequenceDataset, Standardizer
from .network import Network, PeepholeLSTM, SoftmaxOutput, initializers

__version__ = "0.1.0"
