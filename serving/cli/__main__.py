"""`python -m serving.cli` is the command `outreach`, for a process that starts another."""

from serving.cli import main

main()
