"""Work shared out by Apache Spark: imported by the command line alone, and only where `--engine spark` asks for it."""
