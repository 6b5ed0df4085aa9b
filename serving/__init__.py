"""DECIDE: evidence, policy, score, ledger; send, hold or deny."""
