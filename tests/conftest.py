"""One BLAS thread for the whole suite, set before NumPy loads.

With more, OpenBLAS cuts a product where it likes: sums are then rounded in another order, and the
tests that compare runs bit by bit (one process against several) have lost their condition.
"""

import os

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
