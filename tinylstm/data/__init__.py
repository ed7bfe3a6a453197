"""Data and ETL: from files to standardised sequences and padded, masked batches."""

from tinylstm.data.batches import Batch
from tinylstm.data.sequences import SequenceDataset
from tinylstm.data.standardize import Standardizer

__all__ = ["Batch", "SequenceDataset", "Standardizer"]
