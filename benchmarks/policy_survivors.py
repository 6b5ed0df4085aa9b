"""Mutants of the policy that survive because they change no answer: which, and why not.

A mutant is named by its module, the function in which it is made and the change (`benchmarks/policy_mutants.py` prints
them); lines may move. An entry whose mutant no longer exists, or is killed, fails the benchmark.
"""

from collections.abc import Mapping

EQUIVALENT: Mapping[tuple[str, str, str], str] = {}
