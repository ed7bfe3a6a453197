"""One matrix product for the loops over steps, in small blocks where the machine gains by it.

OpenBLAS has a second kernel for small products where the processor has AVX-512: it does not first
copy a matrix into packed form. The weights of a step are too large for it, and would be packed anew
at every step. Cut into blocks of rows, each block is small enough.
"""

import os

import numpy as np

# A product (m, k) @ (k, n) is small up to so many multiplications; the kernel works on 12 rows.
SMALL = 1_000_000
KERNEL_ROWS = 12


def has_small_kernel():
    """Whether NumPy's BLAS has the kernel for small products, by what the machine reports."""
    config = np.show_config(mode="dicts")
    features = {name for found in config["SIMD Extensions"].values() for name in found}
    features -= set(config["SIMD Extensions"].get("not found", ()))
    # This variable chooses OpenBLAS's kernels, and NumPy does not show it.
    kernels = os.environ.get("OPENBLAS_CORETYPE", "").upper()
    return (
        "openblas" in config["Build Dependencies"]["blas"]["name"].lower()
        and bool(features & {"AVX512_SKX", "X86_V4"})
        and kernels in ("", "SKYLAKEX", "COOPERLAKE", "SAPPHIRERAPIDS")
    )


IN_BLOCKS = has_small_kernel()  # decided once: the same machine gives the same bits


def product(left, right, out, in_blocks=IN_BLOCKS):
    """left (m, k) @ right (k, n) -> out (m, n), all in C order."""
    m, k = left.shape
    n = right.shape[1]
    rows = SMALL // (k * n) // KERNEL_ROWS * KERNEL_ROWS
    if not in_blocks or not 0 < rows < m or np.iscomplexobj(out):
        return np.matmul(left, right, out=out)
    whole = m // rows * rows
    np.matmul(left[:whole].reshape(-1, rows, k), right, out=out[:whole].reshape(-1, rows, n))
    if whole < m:
        np.matmul(left[whole:], right, out=out[whole:])
    return out
