"""What a tool has begun and not brought into the mask yet, in words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Begun:
    """Something in the making.

    Args:
        what: "contour", "scribble".
        where: "on slice 40".
        plane: the shown axis and the slice that it is on alone; None: it goes through slices.
    """

    what: str
    where: str
    plane: tuple[int, int] | None = None

    @property
    def elsewhere(self) -> str:
        """What is said where one goes on with it on another slice or plane."""
        return f"A {self.what} is begun {self.where}; go back there, or Esc gives it up."

    def __str__(self) -> str:
        return f"The {self.what} begun {self.where}"
