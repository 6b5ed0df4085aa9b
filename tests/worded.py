"""The veto on wording as the product judges: the rules and the model that come with the project."""

from serving.policy_files import shipped_wording

judge = shipped_wording().judge
