"""What `spark-submit` starts: `spark-submit on_spark.py batch candidates.parquet --out decisions --engine spark`."""

from serving.cli import main

main()
