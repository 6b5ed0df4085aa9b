"""What every Display is: figures that draw themselves on any axes, and say themselves as a table.

In the manner of scikit-learn: `plot` returns the Display, which then holds `ax_` and `figure_`.

Example:
    >>> import numpy as np
    >>> from model.display.displays import EffectsDisplay
    >>> words = {"names": ("benefit",), "method": ("difference in means",), "units": ("per 100 occasions",)}
    >>> keys = {"contacted": 9.0, "held_out": 7.0, "estimate": 2.0, "low": 1.0, "high": 3.0}
    >>> figures = {key: np.array([value]) for key, value in keys.items()}
    >>> shown = EffectsDisplay(**words, **figures).plot()
    >>> shown.ax_.get_title(loc="left")
    'Average effect of contact'
    >>> shown.to_frame()[["seen with contact", "seen without", "effect"]].loc["benefit"].tolist()
    [9.0, 7.0, 2.0]
    >>> shown
    <EffectsDisplay: `.plot()` draws it, `.to_frame()` lists it>
"""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Self

from model.display.axes import Axes, axes

if TYPE_CHECKING:
    import pandas as pd

Columns = tuple[str, list[Any], dict[str, Any]]


class Display(ABC):
    """Figures with one way to draw them; `ax_` and `figure_` are there once they are drawn."""

    __slots__ = ("ax_", "figure_")
    height: ClassVar[float]  # inches, of a picture of its own
    ax_: Axes
    figure_: Any

    def plot(self, ax: Axes = None) -> Self:
        """Draw on these axes, or on those of a new figure, and return the Display."""
        self.ax_ = axes(ax, height=self.height)
        self.figure_ = self.ax_.figure
        self.draw(self.ax_)
        return self

    @abstractmethod
    def draw(self, ax: Axes) -> None:
        """Draw the figures on these axes."""

    @abstractmethod
    def columns(self) -> Columns:
        """Return the figures as a table: what a row is, the rows' names, and the columns in the picture's own unit."""

    def to_frame(self) -> "pd.DataFrame":
        """Return the figures as a data frame, one row for each mark of the picture."""
        import pandas as pd  # noqa: PLC0415  (heavy: only where somebody asks for a table)

        name, index, columns = self.columns()
        return pd.DataFrame(columns, index=pd.Index(index, name=name))

    def __repr__(self) -> str:
        """Say what can be done with it: the figures themselves would fill a screen."""
        return f"<{type(self).__name__}: `.plot()` draws it, `.to_frame()` lists it>"
