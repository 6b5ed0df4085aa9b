"""What is wrong with one expression, and where in it; whoever reads the file adds file and line."""


class Fault(Exception):  # noqa: N818  (as in `model.errors`; it never leaves the reading of a file)
    """A problem in an expression: in words, with the next step, at an offset in characters."""

    def __init__(self, problem: str, offset: int) -> None:
        super().__init__(problem)
        self.problem = problem
        self.offset = offset
