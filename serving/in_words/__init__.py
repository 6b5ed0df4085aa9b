"""How people are told: the words of the contract, limits, numbers and times, on every page of ours."""
