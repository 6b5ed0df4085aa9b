"""What schedulers rely on: exit codes, second runs, killed runs, and the examples of docs/scheduling.md."""
