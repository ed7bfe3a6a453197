"""The product in small blocks is the product, whatever the sizes; and who gets it."""

import numpy as np
import pytest

from tinylstm.network.fast import products


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
@pytest.mark.parametrize(
    "m, k, n",
    [(1, 1, 1), (24, 387, 32), (1200, 387, 32), (1201, 387, 64), (30, 9000, 12), (300, 4, 1)],
)
def test_blocks_change_nothing_but_rounding(dtype, m, k, n):
    rng = np.random.default_rng(0)
    left, right = (
        rng.standard_normal((m, k)).astype(dtype),
        rng.standard_normal((k, n)).astype(dtype),
    )
    out = np.full((m, n), np.nan, dtype)
    result = products.product(left, right, out=out, in_blocks=True)
    assert result is out
    tolerance = 1e-4 if dtype == np.float32 else 1e-12
    np.testing.assert_allclose(out, np.einsum("mk,kn->mn", left, right), rtol=0, atol=tolerance * k)


def test_the_variable_of_openblas_decides(monkeypatch):
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    assert not products.has_small_kernel()
    monkeypatch.delenv("OPENBLAS_CORETYPE")
    config = np.show_config(mode="dicts")
    found = set(config["SIMD Extensions"].get("found", ()))
    openblas = "openblas" in config["Build Dependencies"]["blas"]["name"]
    assert products.has_small_kernel() == (openblas and bool(found & {"X86_V4", "AVX512_SKX"}))
