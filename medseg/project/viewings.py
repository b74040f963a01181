"""What screens displayed, kept beside the log: evidence of display, and of nothing more."""

from __future__ import annotations

from collections.abc import Sequence

from medseg.model import Viewing
from medseg.project.store import Store
from medseg.project.store.viewing_rows import append_rows, read_rows


def add_viewings(store: Store, shown: Sequence[Viewing]) -> None:
    """Keep what was displayed; all of it or, if anything is raised, none.

    A screen hands over many intervals at once, every few seconds and when it closes.

    Args:
        store: the project's.
        shown: in the order it was displayed; times are kept to the millisecond.

    Raises:
        StoreError: others kept the store locked, or it cannot be written.
    """
    if shown:
        with store.act() as act:
            append_rows(act.connection, shown)


def read_viewings(
    store: Store, *, reading: str | None = None, person: str | None = None
) -> tuple[Viewing, ...]:
    """What was displayed of a reading, to a person, or both, in the order it was added.

    Raises:
        StoreError: what is kept was changed, or cannot be read.
    """
    with store.read() as view:
        return tuple(read_rows(view.connection, reading=reading, person=person))
