"""What is counted while the API runs, and how it is told: Prometheus' text format at `GET /metrics`."""
