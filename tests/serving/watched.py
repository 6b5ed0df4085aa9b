"""A parent with workers that answer one line by hand: no application, so that they start at once.

    python -m tests.serving.watched NUMBER

Every connection is answered with the worker's process id. A worker ends on SIGTERM, unless its place is `stubborn`; one
in a folder that holds a file `broken` ends before it serves.
"""

import os
import select
import signal
import socket
import sys
from multiprocessing.connection import Connection
from pathlib import Path

from serving.metrics.logs import write_as
from serving.server.workers import Workers, listen


def answer(listening: socket.socket, says: Connection) -> None:
    """Answer until the signal to end."""
    over: list[int] = []
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    signal.set_wakeup_fd(writer.fileno())
    signal.signal(signal.SIGTERM, lambda number, _: None if Path("stubborn").exists() else over.append(number))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if Path("broken").exists():
        sys.exit(3)
    listening.setblocking(False)
    says.send_bytes(b"ready")
    while not over:
        if listening in select.select([listening, reader], [], [])[0]:
            try:
                accepted, _ = listening.accept()
            except BlockingIOError:
                continue
            with accepted:
                accepted.sendall(f"{os.getpid()}\n".encode())


if __name__ == "__main__":
    write_as("text")
    with listen("127.0.0.1", 0) as one:
        sys.stdout.write(f"{one.getsockname()[1]}\n")
        sys.stdout.flush()
        Workers(target=answer, listening=one, number=int(sys.argv[1]), drain_seconds=30).run()
