"""A server on this machine for the tests of the download, with faults on demand."""

import contextlib
import http.server
import time


class Server(http.server.ThreadingHTTPServer):
    """Serves ``files``, {name: bytes}; ``faults`` holds one name of a fault a request, in order."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.faults, self.requests = {}, {}, []
        self.url = f"http://127.0.0.1:{self.server_port}/1.0.0"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        name = self.path.removeprefix("/1.0.0/")
        asked = self.headers.get("Range")
        self.server.requests.append((name, asked))
        fault = (self.server.faults.get(name) or [None]).pop(0)
        if fault in (404, 403, 429, 503):
            return self.send_error(fault)
        if fault == "hang up":
            return
        if fault in ("no end", "huge length", "a byte now and then"):
            return self.send_for_ever(self.server.files[name], fault)
        if fault == "416 of nothing":
            return self.answer(416, b"", {"Content-Length": "0", "Content-Range": "bytes */0"})
        if fault == 416 and asked is None:
            return self.send_error(416)
        if fault == "web page":
            return self.answer(200, b"\n<!DOCTYPE html><title>Sign in</title>", {})
        content = self.server.files.get(name)
        if content is None:
            return self.send_error(404)
        if asked is None or fault in ("no ranges", "no ranges, break"):
            return self.send(content, None, fault)
        start = int(asked.removeprefix("bytes=").removesuffix("-"))
        if start >= len(content) or fault == 416:
            extent = {} if fault == 416 else {"Content-Range": f"bytes */{len(content)}"}
            return self.answer(416, b"", {"Content-Length": "0", **extent})
        self.send(content, start + 7 if fault == "other range" else start, fault)

    def send(self, content, start, fault):
        body = content[start:]
        headers = {"Content-Length": str(len(body))}
        if start is not None:
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        if fault == "bad range":
            headers["Content-Range"] = "all of it"
        if fault in ("break", "no ranges, break"):
            body = body[: len(body) // 2]
        if fault == "too short":
            body = body[:-20]
            headers["Content-Length"] = str(len(body))
        if fault in ("no length", "no length, break"):
            del headers["Content-Length"]
            body = body[:-20] if fault == "no length, break" else body
        if fault == "odd length":
            headers["Content-Length"] = "many"
        self.answer(206 if "Content-Range" in headers else 200, body, headers)

    def send_for_ever(self, content, fault):
        """The file's beginning, then zeros, until the other side has enough of it."""
        lengths = {"huge length": {"Content-Length": "1000000000"}}
        self.answer(200, content[:20], lengths.get(fault, {}))
        slowly = fault == "a byte now and then"
        with contextlib.suppress(OSError):
            while fault != "huge length":
                self.wfile.write(bytes(1 if slowly else 1 << 20))
                time.sleep(0.01 if slowly else 0)

    def answer(self, status, body, headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass
