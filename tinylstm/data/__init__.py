"""Data and ETL: from files to standardised sequences and padded, masked batches."""

from .batches import Batch
from .sequences import SequenceDataset
from .standardize import Standardizer

__all__ = ["Batch", "SequenceDataset", "Standardizer"]
