"""A command that is killed before one of its renames: `python -m tests.scheduling.killed NUMBER ARGUMENT…`.

0: it is not killed. The last line on standard output is the number of its renames, those of locks left out.
Each kill costs a whole run: tests ask for few of them, over as little as shows something.
"""

import os
import signal
import sys
from pathlib import Path

from serving.cli import run


def main(number: int, arguments: list[str]) -> None:
    """Run the command, and die where it is to."""
    seen, here = [0], Path.cwd()

    def watching(event: str, places: tuple[object, ...]) -> None:
        if event != "os.rename" or here not in Path(str(places[1])).absolute().parents:
            return  # elsewhere, Python keeps what it compiled
        if str(places[1]).endswith("/held"):
            return
        seen[0] += 1
        if seen[0] == number:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watching)
    code = run(arguments)
    sys.stdout.write(f"{seen[0]}\n")
    sys.exit(code)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
