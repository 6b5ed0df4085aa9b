"""The veto on wording as the product judges: the rules and the model that come with the project."""

from serving.policy.wording import Verdict, Wording
from serving.policy_files.templates import shipped_wording
from serving.policy_files.weights import shipped_model

judge = shipped_wording().judge


def judge_anew(text: str) -> Verdict:
    """Judge a text without what was kept of earlier verdicts."""
    return Wording(shipped_model()).judge(text)
