"""What one step costs: `network.step` against `network.forward`, a step.

    python -m tests.benchmarks.one_step

86 features, 300 units, 100 steps, both in turn in one process; the least of 30 rounds each. The aim
is 1.5 times at most, on a core that does nothing else.
"""

import os
import time

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np

import tinylstm as tl

N_STEPS, ROUNDS = 100, 30


def main():
    for dtype in (np.float32, np.float64):
        for n_examples in (1, 32):
            rng = np.random.default_rng(0)
            how = {"rng": rng, "dtype": dtype}
            lstm, output = tl.PeepholeLSTM(86, 300, **how), tl.SoftmaxOutput(300, 2, **how)
            network = tl.Network({"lstm": lstm, "output": output})
            x = rng.standard_normal((N_STEPS, n_examples, 86)).astype(dtype)
            times = {"forward": [], "step": []}
            for _ in range(ROUNDS):
                start = time.perf_counter()
                network.forward(x)
                middle = time.perf_counter()
                state = None
                for x_t in x:
                    _, state = network.step(x_t, state)
                times["forward"].append(middle - start)
                times["step"].append(time.perf_counter() - middle)
            forward, step = (min(seconds) / N_STEPS * 1e6 for seconds in times.values())
            name = np.dtype(dtype).name
            print(
                f"{name}, N={n_examples}: forward {forward:.0f} us a step, step {step:.0f} us, "
                f"{step / forward:.2f} times"
            )


if __name__ == "__main__":
    main()
