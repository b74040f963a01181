"""A project's log, checked as a whole: in itself, and against what was seen of it before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medseg.errors import SignoffError
from medseg.model import Finding
from medseg.project.folder.remembered import remember_log, remembered_of
from medseg.project.store import LogView, check_store
from medseg.signoff import LogExhibit
from medseg.signoff.log.tree import Tree

if TYPE_CHECKING:
    from medseg.project.face import Project


def check_log(project: Project) -> tuple[Finding, ...]:
    """What is wrong with a project's log, index and database; nothing where all is whole.

    A log that was cut, or written anew from some entry on, is whole in itself: only somebody who
    remembers a later state can tell. What is found whole is remembered for this user.

    Raises:
        FormatError: what is remembered cannot be read.
    """
    findings = check_store(project.store, project.summarise)
    if findings:
        return findings
    with project.store.read() as view:
        state = view.state
        exhibit = LogExhibit([entry.raw for entry in view.entries()], remembered_of(state.origin))
    found = tuple(exhibit.findings)
    if not found:
        remember_log(state.origin, state.size, state.root.hex())
    return found


def check_goes_on(view: LogView) -> None:
    """Pass if the log begins with what this user saw of it before: asked before they sign.

    Raises:
        SignoffError: it was cut, or written anew.
        FormatError: what is remembered cannot be read.
    """
    for seen in remembered_of(view.origin):
        leaves = view.leaves(seen.size)
        if len(leaves) < seen.size or Tree(leaves).root() != seen.root:
            raise SignoffError(
                f"A log only grows; this one is not that of which you saw {seen.size} entries. It "
                "was cut, or written anew, and nothing is signed on it: restore the newest copy."
            )
