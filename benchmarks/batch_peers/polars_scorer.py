"""Score a file with polars and our own scorer, no policy: CANDIDATES ARTEFACT OUT FEATURES…; prints its seconds.

The same compiled walk that `outreach batch` uses, waited for before the clock starts; polars reads and writes.
"""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import polars as pl

from serving.scorer import load_scorer

candidates, artefact, out, *features = sys.argv[1:]
scorer = load_scorer(Path(artefact))
walked = scorer.walked(120.0)
learned = scorer.artefact.scorer
ROWS = 65_536
began = time.perf_counter()
frame = pl.read_parquet(candidates, columns=["candidate_id", *features])
codes = np.ascontiguousarray(frame.select(features).to_numpy(), dtype=np.float64)
with ThreadPoolExecutor(2) as pool:
    parts = list(pool.map(lambda start: learned.table(codes[start : start + ROWS])[3], range(0, len(codes), ROWS)))
frame.select("candidate_id").with_columns(net_benefit=np.concatenate(parts)).write_parquet(out)
print(json.dumps({"seconds": time.perf_counter() - began, "rows": len(frame), "walked": walked}))
