"""Score a file with `mlflow.pyfunc.spark_udf` on local[2], warm: CANDIDATES MODEL OUT FEATURES…; prints its seconds.

The model is saved in mlflow's own flavour for scikit-learn, with cloudpickle (its default format refuses histogram
boosting) and `predict_proba`. A first run over the head of the file starts the session and the Python workers; it is
not counted.
"""

import json
import os
import sys
import time
from pathlib import Path

import joblib
import mlflow.pyfunc
import mlflow.sklearn
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.functions import struct

candidates, model, out, *features = sys.argv[1:]
os.environ["PYSPARK_PYTHON"] = sys.executable
saved = Path(out + "-model")
mlflow.sklearn.save_model(
    joblib.load(model), saved, serialization_format="cloudpickle", pyfunc_predict_fn="predict_proba"
)
spark = (
    SparkSession.builder.master("local[2]")
    .config("spark.driver.memory", "4g")
    .config("spark.ui.enabled", "false")
    .config("spark.sql.execution.arrow.pyspark.enabled", "true")
    .getOrCreate()
)
spark.sparkContext.setLogLevel("ERROR")
udf = mlflow.pyfunc.spark_udf(spark, str(saved), result_type="array<double>", env_manager="local")


def score(rows: DataFrame, place: str) -> None:
    """Score rows by name and write the id with the probability."""
    columns = struct(*[rows[f"`{name}`"].alias(name) for name in features])
    rows.select("candidate_id", udf(columns)[1].alias("probability")).write.mode("overwrite").parquet(place)


table = spark.read.parquet(candidates)
score(table.limit(20_000), out + "-warm")
began = time.perf_counter()
score(table, out)
print(json.dumps({"seconds": time.perf_counter() - began, "rows": spark.read.parquet(out).count()}))
spark.stop()
