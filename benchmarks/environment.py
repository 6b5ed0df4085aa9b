"""The peers' environments, each made once from its list, and the processes that run in them or in ours."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
VENV = HERE / ".venv-peers"
LOCK = HERE / "peers.txt"


def python(venv: Path = VENV, lock: Path = LOCK, *, size: str = "about 800 MB") -> Path:
    """Return the interpreter of an environment of peers, made if it is absent or if its list of packages changed.

    Raises:
        CalledProcessError: it cannot be made; what was said stands on standard error.
    """
    interpreter = venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp, wanted = venv / "peers-set-up.txt", hashlib.sha256(lock.read_bytes()).hexdigest()
    if interpreter.exists() and stamp.exists() and stamp.read_text() == wanted:
        return interpreter
    named, listed = (path.relative_to(HERE).as_posix() for path in (venv, lock))
    print(f"making benchmarks/{named} from {listed} (once; {size}) …", flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(venv)], check=True)
    uv = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
    install = [uv, "pip", "install", "--python", str(interpreter)] if uv else [str(interpreter), "-m", "pip", "install"]
    subprocess.run([*install, "--quiet", "-r", str(lock)], check=True)
    stamp.write_text(wanted)
    return interpreter


def run(interpreter: Path | str, script: str, *arguments: str | Path) -> None:
    """Run a script of this folder in a process of its own, one thread.

    Seconds are then CPU seconds of that process, which another load on the machine does not change much.
    Raises `CalledProcessError` with its last words shown where it fails.
    """
    environment = dict(os.environ) | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    command = [str(interpreter), str(HERE / script), *map(str, arguments)]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stderr[-3000:], file=sys.stderr)
        done.check_returncode()
