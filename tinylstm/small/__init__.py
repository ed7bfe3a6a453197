"""What every room may use and none owns: progress, counts, whole files, JSON, arrays in files."""
