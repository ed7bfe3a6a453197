"""What a graded process may not do: grow, start processes, kill, reach the network, write outside.

Python tells an audit hook of these before they happen, and a hook cannot be taken away. Code in C
could pass it by: a guard against accidents and tricks, no jail.
"""

import os
import sys

try:
    import resource
except ImportError:  # Windows
    resource = None

HAS_LIMITS = resource is not None
REFUSED = {
    "os.exec",
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.spawn",
    "os.startfile",
    "os.system",
    "os.killpg",
    "pty.spawn",
    "subprocess.Popen",
    "socket.bind",
    "socket.connect",
    "socket.getaddrinfo",
}
CHANGES_FILES = {
    "os.chmod",
    "os.chown",
    "os.link",
    "os.mkdir",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.symlink",
    "os.truncate",
    "shutil.move",
    "shutil.rmtree",
}
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def limit_memory(n_bytes, file_size):
    """Limit the address space, the size of a file that is written, and core dumps."""
    if resource is None:
        return
    for kind, most in (("AS", n_bytes), ("FSIZE", file_size), ("CORE", 0)):
        _, hard = resource.getrlimit(getattr(resource, f"RLIMIT_{kind}"))
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        try:
            resource.setrlimit(getattr(resource, f"RLIMIT_{kind}"), (most, most))
        except (OSError, ValueError):  # macOS refuses some
            continue


def guard(folder, solutions, reached):
    """From now on refuse what is listed above; add to `reached` where solutions are read.

    Files may be written in one folder; and everywhere while the list that is returned holds
    something, which is for the process's own results.
    """
    folder, solutions, own = os.path.realpath(folder), os.path.realpath(solutions), os.getpid()
    off_duty = []

    def within(path, folder):
        path = os.path.realpath(os.fsdecode(path))
        return path == folder or path.startswith(folder + os.sep)

    def judge(event, arguments):
        if event in REFUSED or (event == "os.kill" and arguments[0] != own):
            raise PermissionError(f"{event} is not allowed where exercises are graded")
        changes = event in CHANGES_FILES
        if event == "open":
            changes = bool(arguments[2] & WRITES) if isinstance(arguments[2], int) else True
        elif not changes:
            return
        for path in arguments[: 2 if event in ("os.rename", "os.link", "shutil.move") else 1]:
            if not isinstance(path, str | bytes | os.PathLike) or os.fspath(path) == os.devnull:
                continue
            if changes and not within(path, folder):
                raise PermissionError(f"{path} is outside of the copy that is graded")
            if within(path, solutions):
                reached.add("the files")

    def hook(event, arguments):
        if not off_duty:
            off_duty.append(event)  # realpath makes events of its own
            try:
                judge(event, arguments)
            finally:
                off_duty.pop()

    sys.addaudithook(hook)
    return off_duty
