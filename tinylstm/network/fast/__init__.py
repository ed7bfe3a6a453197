"""What makes the LSTM fast: real steps alone, memory used again, the loops over steps."""
