"""Run a command; print last, in 10⁶ bytes, the peak resident memory of the largest of its processes."""

import json
import resource
import subprocess
import sys

done = subprocess.run(sys.argv[1:], check=False)
kilobytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss  # of Linux; of descendants too, where waited for
print(json.dumps({"peak_mb": kilobytes * 1024 / 1e6}))
raise SystemExit(done.returncode)
