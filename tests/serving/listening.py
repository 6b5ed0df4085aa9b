"""A real HTTP server on this machine, for whoever is somebody that our code asks: an API, a hook, a platform."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


def body_of(request: BaseHTTPRequestHandler) -> bytes:
    """Read the body of a request."""
    return request.rfile.read(int(request.headers.get("content-length") or 0))


def headers_of(request: BaseHTTPRequestHandler) -> dict[str, str]:
    """Return the headers of a request, their names in lower case."""
    return {name.lower(): text for name, text in request.headers.items()}


class Listening:
    """`with` it, it listens on a free port; each request is answered by `exchange`, on a thread of its own."""

    def __init__(self) -> None:
        self.ended = threading.Event()
        listening = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # a body does not wait until its head is acknowledged

            def do_POST(self) -> None:
                try:
                    listening.exchange(self)
                except OSError:  # whoever asked has gone
                    self.close_connection = True

            do_GET = do_PUT = do_PATCH = do_DELETE = do_POST  # noqa: N815  (the names that the server looks for)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def exchange(self, request: BaseHTTPRequestHandler) -> None:
        """Read a request and answer it; `close_connection` there ends it without an answer."""
        raise NotImplementedError

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
