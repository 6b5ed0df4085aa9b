"""The batch job: the decisions of the API for a file of candidates, the same `decide()`, in bounded memory."""
