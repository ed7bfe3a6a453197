"""The solutions, a module for each step of the way; what is asked stands in their docstrings."""
