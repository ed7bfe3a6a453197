"""Bugs planted in the network's backward pass: would the checks notice? And a quiz of them."""

from .mutation_table import as_markdown, mutation_table
from .mutations import MUTATIONS
from .quiz import quiz

__all__ = ["MUTATIONS", "as_markdown", "mutation_table", "quiz"]
