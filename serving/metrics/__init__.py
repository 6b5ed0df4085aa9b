"""What operators read of the API as it runs: its counts, as Prometheus' text at `GET /metrics`, and its log."""
