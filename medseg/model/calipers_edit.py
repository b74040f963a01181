"""A change of the lengths drawn by hand, and its inverse."""

from __future__ import annotations

from dataclasses import dataclass

from medseg.errors import EditError
from medseg.model.authorship import Authorship
from medseg.model.caliper import Caliper
from medseg.model.segmentation import Segmentation


@dataclass(frozen=True)
class CalipersEdit:
    """A change of the drawn lengths: one added, corrected, named or removed.

    Args:
        old: all of them before.
        new: all of them after.
        authorship: who, when, with what.
    """

    old: tuple[Caliper, ...]
    new: tuple[Caliper, ...]
    authorship: Authorship

    @classmethod
    def setting(
        cls, segmentation: Segmentation, caliper: Caliper, authorship: Authorship
    ) -> CalipersEdit:
        """The edit that would add this one, or put it in the place of the one of its UID."""
        old = segmentation.calipers
        known = caliper.uid in {one.uid for one in old}
        new = tuple(caliper if one.uid == caliper.uid else one for one in old)
        return cls(old, new if known else (*old, caliper), authorship)

    @classmethod
    def without(cls, segmentation: Segmentation, uid: str, authorship: Authorship) -> CalipersEdit:
        """The edit that would remove the one of this UID."""
        old = segmentation.calipers
        return cls(old, tuple(one for one in old if one.uid != uid), authorship)

    @property
    def nbytes(self) -> int:
        """Memory the edit holds, in bytes (a drawn length counts as 1000)."""
        return 1000 * (1 + len(self.old) + len(self.new))

    def apply(self, segmentation: Segmentation) -> None:
        """Make the change.

        Raises:
            EditError: the lengths are not those that the edit was built on.
        """
        if segmentation.calipers != self.old:
            raise EditError(
                "An edit applies to the state it was built on; the drawn lengths differ by now."
            )
        segmentation.replace_calipers(self.new)

    def inverse(self) -> CalipersEdit:
        """The edit that takes this one back."""
        return CalipersEdit(self.new, self.old, self.authorship)
