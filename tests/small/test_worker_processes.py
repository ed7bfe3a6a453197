"""Workers never outlive the process they work for."""

import os
import signal
import subprocess
import sys
import time

import pytest

EXECUTOR = """
import os, sys, time
from tinylstm.small.worker_processes import worker_processes

if __name__ == "__main__":
    try:
        with worker_processes(2) as pool:
            futures = [pool.submit(time.sleep, 0.5) for _ in range(2)]  # each starts one
            [future.result() for future in futures]
            print(*pool._processes, flush=True)
            [future.result() for future in [pool.submit(time.sleep, 600) for _ in range(4)]]
    except KeyboardInterrupt:
        sys.exit(130)
"""

CONNECTED = """
import os, sys, time
from tinylstm.small.worker_processes import connected_processes

def work(connection, seconds):
    connection.send(os.getpid())
    time.sleep(seconds)

if __name__ == "__main__":
    try:
        with connected_processes(2, work, 600) as connections:
            print(*[connection.recv() for connection in connections], flush=True)
            connections[0].recv()
    except KeyboardInterrupt:
        sys.exit(130)
"""


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stream:
            return stream.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="looks at /proc")
@pytest.mark.parametrize("program", [pytest.param(EXECUTOR, marks=pytest.mark.slow), CONNECTED])
@pytest.mark.parametrize(
    ("signals", "status"),
    [
        ([signal.SIGKILL], -9),
        pytest.param([signal.SIGTERM], -15, marks=pytest.mark.slow),
        ([signal.SIGINT] * 2, 130),
    ],
)
def test_they_end_with_it(signals, status, program, tmp_path):
    (tmp_path / "program.py").write_text(program)
    command = [sys.executable, str(tmp_path / "program.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        workers = process.stdout.readline().split()
        assert len(workers) >= 1
        for number in signals:
            process.send_signal(number)  # to it alone, not to the group
            time.sleep(0.05)
        assert process.wait(timeout=5) in (status, -2)
        deadline = time.monotonic() + 5
        while any(map(is_alive, workers)) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not any(map(is_alive, workers))
