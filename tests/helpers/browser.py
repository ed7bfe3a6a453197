"""A headless Chromium, told what to do through its debugging pipe: no package is needed."""

import contextlib
import json
import os
import select
import shutil
import subprocess
import time

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FOUND = next(filter(None, map(shutil.which, NAMES)), None)
SECONDS = 60  # for one answer, on a busy machine
CODES = {"Tab": 9, "Enter": 13, "End": 35, "Home": 36, "ArrowLeft": 37, "ArrowRight": 39}


class Browser:
    """One page of a browser; `events` are what the browser told without being asked."""

    def __init__(self, profile):
        from_us, self.write = os.pipe()
        self.read, to_us = os.pipe()
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe"]
        flags += ["--no-first-run", "--hide-scrollbars", f"--user-data-dir={profile}"]
        # The browser reads from descriptor 3 and writes to 4.
        command = ["bash", "-c", f'exec "$@" 3<&{from_us} 4>&{to_us}', "bash", FOUND, *flags]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(command, pass_fds=(from_us, to_us), **quiet)
        os.close(from_us)
        os.close(to_us)
        self.pending, self.count, self.events, self.session = b"", 0, [], None
        target = self.say("Target.createTarget", url="about:blank")["targetId"]
        attached = self.say("Target.attachToTarget", targetId=target, flatten=True)
        self.session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.say(f"{domain}.enable")

    def say(self, method, **parameters):
        """Send a command and wait for its answer."""
        self.count += 1
        message = {"id": self.count, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.write, json.dumps(message).encode() + b"\0")
        answer = self._until(lambda told: told.get("id") == self.count)
        assert "error" not in answer, (method, answer["error"])
        return answer["result"]

    def _until(self, wanted):
        deadline = time.monotonic() + SECONDS
        while True:
            while b"\0" in self.pending:
                told, self.pending = self.pending.split(b"\0", 1)
                told = json.loads(told)
                if "id" not in told:
                    self.events.append(told)
                if wanted(told):
                    return told
            ready, _, _ = select.select([self.read], [], [], max(deadline - time.monotonic(), 0))
            assert ready, f"no answer from {FOUND} in {SECONDS} s"
            part = os.read(self.read, 1 << 20)
            assert part, f"{FOUND} has ended"
            self.pending += part

    def open(self, address):
        """Go to an address, and wait until its scripts have run."""
        self.say("Page.navigate", url="about:blank")
        self._until(lambda told: told.get("method") == "Page.loadEventFired")
        self.events.clear()
        self.say("Page.navigate", url=address)
        self._until(lambda told: told.get("method") == "Page.loadEventFired")

    def value(self, script):
        """What a script comes to, as JSON has it."""
        answer = self.say("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def press(self, key):
        """Press a key and let go of it."""
        what = {"key": key, "code": key, "windowsVirtualKeyCode": CODES[key]}
        text = {"text": "\r"} if key == "Enter" else {}
        self.say("Input.dispatchKeyEvent", type="keyDown", **what, **text)
        self.say("Input.dispatchKeyEvent", type="keyUp", **what)

    def width(self, pixels):
        """Give the page another width."""
        self.say(
            "Emulation.setDeviceMetricsOverride",
            width=pixels,
            height=900,
            deviceScaleFactor=1,
            mobile=False,
        )

    def close(self):
        with contextlib.suppress(AssertionError, OSError):
            self.session = None
            self.say("Browser.close")
        os.close(self.write)
        os.close(self.read)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
