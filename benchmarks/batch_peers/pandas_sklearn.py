"""Score a file with pandas and scikit-learn alone, no policy: CANDIDATES MODEL OUT FEATURES…; prints its seconds."""

import json
import sys
import time

import joblib
import pandas as pd

candidates, model, out, *features = sys.argv[1:]
learned = joblib.load(model)
began = time.perf_counter()
frame = pd.read_parquet(candidates, columns=["candidate_id", *features])
frame["probability"] = learned.predict_proba(frame[features].to_numpy())[:, 1]
frame[["candidate_id", "probability"]].to_parquet(out, index=False)
print(json.dumps({"seconds": time.perf_counter() - began, "rows": len(frame)}))
