"""The cell to look at: its drawing, and the page in which a small trained one can be watched."""
