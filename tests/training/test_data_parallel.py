"""Training in several processes: what one process computes, and nothing left behind."""

import multiprocessing
import os
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
from helpers.small_training import assert_same_bits, learners, make_dataset, make_network

import tinylstm as tl
from tinylstm.training.data_parallel import deal_out

QUIET = {"batch_size": 5, "seed": 7, "verbose": False}


def train(workers, dtype=np.float64, optimizer=None, epochs=3, **options):
    network = make_network(dtype=dtype)
    optimizer = tl.Momentum(0.3) if optimizer is None else optimizer
    history = tl.fit(
        network,
        make_dataset(),
        optimizer,
        epochs=epochs,
        workers=workers,
        **{**QUIET, "validation": make_dataset(9, 1), **options},
    )
    return network, history


@pytest.mark.parametrize(
    ("workers", "options"),
    [
        (2, {}),
        pytest.param(3, {"shuffle": False, "padding": "pre"}, marks=pytest.mark.slow),
        pytest.param(2, {"pool": 2, "dtype": np.float32}, marks=pytest.mark.slow),
        (4, {"batch_size": 10, "dropout": tl.Dropout(0.2, 0.3, 0.4), "class_weights": (1, 2)}),
        (2, {"truncate": (3, 2), "padding": "pre", "dropout": tl.Dropout(recurrent=0.3)}),
        pytest.param(
            *(3, {"truncate": (2, 2), "align": "start", "class_weights": (1, 2)}),
            marks=pytest.mark.slow,
        ),
        pytest.param(2, {"validation": None}, marks=pytest.mark.slow),
    ],
)
def test_computes_what_one_process_does(workers, options):
    # 23 examples: the last batch has three, fewer than some of these workers.
    one, expected = train(1, **options)
    network, history = train(workers, **options)
    rounding = 1e-5 if options.get("dtype") else 1e-12
    for name, p in one.parameters.items():
        assert network.parameters[name].dtype == p.dtype
        np.testing.assert_allclose(network.parameters[name], p, rtol=rounding, atol=rounding)
    np.testing.assert_allclose(history.loss, expected.loss, rtol=rounding)
    np.testing.assert_allclose(history.validation_loss, expected.validation_loss, rtol=rounding)
    assert history.validation_auc == expected.validation_auc
    assert history.generator_state == expected.generator_state


def test_the_same_number_gives_the_same_bits_resumed_too(tmp_path):
    path, mine, own = tmp_path / "run.npz", learners(), learners()
    options = {"dropout": tl.Dropout(0.1, 0.1, 0.1), "pool": 2}
    whole, history = train(2, **options, **mine, epochs=4)

    half, half_history = train(2, **options, **own, epochs=2)
    tl.save(path, half, history=half_history, **own)
    checkpoint = tl.load(path)
    resumed, again = train(2, **options, **learners(), epochs=4, resume=checkpoint)
    assert_same_bits(resumed, whole)
    assert again.loss == history.loss
    assert again.validation_loss == history.validation_loss


@pytest.mark.parametrize("n_parts", [1, 2, 3, 8])
def test_every_example_is_dealt_once_and_the_steps_evenly(n_parts):
    lengths = np.random.default_rng(0).integers(1, 200, 32).tolist()
    parts = deal_out(lengths, n_parts)
    assert sorted(np.concatenate(parts)) == list(range(32))
    assert all((np.diff(part) > 0).all() for part in parts)
    n_steps = [sum(lengths[column] for column in part) for part in parts]
    # Had the largest one more example than the others, it would be the shortest of all.
    assert max(n_steps) - min(n_steps) <= max(lengths)
    if n_parts == 2:
        assert max(n_steps) <= 1.02 * np.mean(n_steps)


def test_more_parts_than_examples():
    assert [part.tolist() for part in deal_out([2, 3], 4)] == [[1], [0], [], []]


def test_what_a_worker_raises_comes_through():
    with pytest.raises(ValueError, match="class_weights") as alone:
        train(1, class_weights=(1, 2, 3))
    with pytest.raises(ValueError, match="class_weights") as shared:
        train(2, class_weights=(1, 2, 3))
    assert str(shared.value) == str(alone.value)
    assert not multiprocessing.active_children()


class Own(Exception):
    """Pickle hands one argument back, and it takes two."""

    def __init__(self, what, where):
        super().__init__(f"{what} in {where}")


class Failing(tl.PeepholeLSTM):
    def forward(self, *arguments, **options):
        raise Own("a fault", "a layer")


def test_an_exception_that_cannot_be_sent_is_told_in_words():
    rng = np.random.default_rng(0)
    layers = {"lstm": Failing(3, 4, rng=rng), "output": tl.SoftmaxOutput(4, 2, rng=rng)}
    with pytest.raises(RuntimeError, match="Own: a fault in a layer"):
        tl.fit(tl.Network(layers), make_dataset(), tl.SGD(0.3), epochs=1, workers=2, **QUIET)
    assert not multiprocessing.active_children()


def test_a_process_that_the_caller_forks_keeps_no_worker_alive():
    """It inherits the pipes by whose end a worker sees that it is let go."""
    if "fork" not in multiprocessing.get_all_start_methods():
        pytest.skip("no fork here")
    others = []

    def fork(history):
        context = multiprocessing.get_context("fork")
        others.append(context.Process(target=time.sleep, args=(60,)))
        others[-1].start()

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # a fork where threads run
        train(2, epochs=1, on_epoch=fork)
    assert multiprocessing.active_children() == others
    others[0].kill()
    others[0].join()


def test_nothing_left_to_train_starts_nobody():
    def told(history):
        raise AssertionError("no epoch is run")

    network = make_network()
    history = tl.fit(
        network, make_dataset(), tl.SGD(0.3), epochs=0, workers=2, on_epoch=told, **QUIET
    )
    assert history.loss == [] and not multiprocessing.active_children()


def test_what_overflows_is_told_with_epoch_and_batch():
    with pytest.raises(FloatingPointError) as alone:
        train(1, optimizer=tl.SGD(1e308))
    with pytest.raises(FloatingPointError) as shared:
        train(2, optimizer=tl.SGD(1e308))
    assert str(shared.value) == str(alone.value)


def test_a_worker_that_dies_ends_the_training():
    def kill_one(history):
        multiprocessing.active_children()[0].kill()

    with pytest.raises(ChildProcessError, match=r"worker [12] of 2 ended in the middle of the tr"):
        train(2, on_epoch=kill_one)
    assert not multiprocessing.active_children()


@pytest.mark.skipif(not os.path.isdir("/dev/shm"), reason="looks at /dev/shm")
def test_shared_memory_has_no_name_that_could_be_left():
    def files():
        return {name for name in os.listdir("/dev/shm") if not name.startswith("sem.")}

    before, during = files(), []
    train(2, epochs=1, on_epoch=lambda history: during.append(files() - before))
    assert during == [set()]


def test_the_number_is_checked():
    with pytest.raises(ValueError, match="workers=0, expected at least 1"):
        train(0)


def test_a_network_that_cannot_be_sent_is_told():
    class Local(tl.PeepholeLSTM):
        pass

    rng = np.random.default_rng(0)
    network = tl.Network({"lstm": Local(3, 4, rng=rng), "output": tl.SoftmaxOutput(4, 2, rng=rng)})
    with pytest.raises(ValueError, match=r"cannot be sent to a process of its own .*Local"):
        tl.fit(network, make_dataset(), tl.SGD(0.3), epochs=1, workers=2, **QUIET)
    assert not multiprocessing.active_children()


PROGRAM = """
import sys, warnings
sys.path.insert(0, {tests!r})
from test_data_parallel import train
def run():
    {first}
    network, history = train(2)
    print(repr(history.loss))
{call}
"""


def run_program(tmp_path, first="pass", call='if __name__ == "__main__":\n    run()'):
    program = tmp_path / "program.py"
    here = Path(__file__).parent
    text = PROGRAM.format(tests=str(here), first=first, call=call)
    program.write_text(text)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(here.parents[0]), *sys.path])}
    return subprocess.run(
        [sys.executable, str(program)], capture_output=True, text=True, env=environment, timeout=60
    )


@pytest.mark.skipif(sys.platform == "win32", reason="limits a file's size")
def test_without_shared_memory_one_process_trains(tmp_path):
    # No file may be longer than this: the memory is a file without a name.
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))"
    found = run_program(tmp_path, first=limit)
    assert found.returncode == 0, found.stderr
    assert "RuntimeWarning: no shared memory for workers" in found.stderr
    assert "training in one process" in found.stderr
    assert found.stdout.strip() == repr(train(1)[1].loss)


@pytest.mark.slow
def test_a_class_that_a_worker_does_not_find_is_told(tmp_path):
    call = """
if __name__ == "__main__":
    import numpy as np, tinylstm as tl
    from test_data_parallel import QUIET, make_dataset
    class Own(tl.PeepholeLSTM):
        pass
    rng = np.random.default_rng(0)
    network = tl.Network({"lstm": Own(3, 4, rng=rng), "output": tl.SoftmaxOutput(4, 2, rng=rng)})
    tl.fit(network, make_dataset(), tl.SGD(0.3), epochs=1, workers=2, **QUIET)
"""
    found = run_program(tmp_path, call=call)
    assert found.returncode == 1
    message = found.stderr.splitlines()[-1]
    assert message.startswith("ValueError: workers: the network or the data cannot be sent"), (
        found.stderr
    )
    assert "'Own'" in message
    assert found.stderr.count("Traceback") == 1  # the worker has said nothing of its own


@pytest.mark.slow
def test_a_script_without_its_main_guard_is_told(tmp_path):
    found = run_program(tmp_path, call="run()")
    assert found.returncode == 1
    assert 'a script needs its if __name__ == "__main__":' in found.stderr
