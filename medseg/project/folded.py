"""A case, out of what the log tells of it."""

from __future__ import annotations

from medseg.model import Case
from medseg.project.store import LogView
from medseg.project.store.plain_entries import plain_entry
from medseg.review.workflow.folding import fold_all


def folded(view: LogView, case: str) -> Case | None:
    """A case as the log tells it; None if there is no such case."""
    return fold_all(map(plain_entry, view.case_entries(case)))
