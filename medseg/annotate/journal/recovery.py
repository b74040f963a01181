"""What a journal holds after a crash, and how it comes back into a mask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from medseg.annotate.history import History
from medseg.annotate.journal.change_codec import decoded, encoded
from medseg.annotate.journal.folder_lock import busy_with
from medseg.annotate.journal.mask_state import MaskState
from medseg.annotate.journal.records import (
    Entry,
    Record,
    Start,
    is_cut_at_start,
    is_of_later_version,
    records,
    saving_from,
)
from medseg.errors import MedsegError
from medseg.model import Change, Finding, Place, Segmentation
from medseg.model.finding import Severity

NAME = "edits.journal"


@dataclass(frozen=True)
class Recorded:
    """One change in a journal.

    Args:
        entry: how it was made.
        change: what was applied, for an undo or what was given up the inverse.
        start: position in the file before it.
        previous: the check that it is chained to.
    """

    entry: Entry
    change: Change
    start: int
    previous: bytes


@dataclass(frozen=True)
class Recovery:
    """What a journal offers for a mask.

    Args:
        folder: the journal's folder.
        changes: what was changed since the mask was saved; empty if there is nothing to offer.
        findings: what is offered, and what could not be, in words.
        end: position in the file after what counts.
        check: the check there.
        first: brings names and provenance to what they were, where a save was interrupted.
        is_foreign: whether the journal belongs to another mask, or another state of this one.
    """

    folder: Path
    changes: tuple[Recorded, ...] = ()
    findings: tuple[Finding, ...] = ()
    end: int = 0
    check: bytes = b""
    first: Change | None = None
    is_foreign: bool = False

    @property
    def path(self) -> Path:
        """The journal's file."""
        return self.folder / NAME

    def replay(self, segmentation: Segmentation, history: History) -> Recovery:
        """Make the changes again, with undo and redo as they were.

        Args:
            segmentation: the mask as it was saved, as `recover` saw it.
            history: its history; it must not pass the changes on to a journal.

        Returns:
            The recovery as far as it went: all of it, or with a finding up to a change that
            does not apply.

        Raises:
            EditError: the mask was changed since.
        """
        if self.first is not None:
            self.first.apply(segmentation)
        for count, recorded in enumerate(self.changes):
            try:
                _make_again(recorded, history)
            except MedsegError as error:
                return self._cut(count, error)
        return self

    def _cut(self, count: int, error: MedsegError) -> Recovery:
        text = (
            f"{count} of {len(self.changes)} changes in {self.path.name} were made again; the "
            f"next one does not apply: {error}"
        )
        finding = Finding("RECOVERED_IN_PART", "warning", text, Place(file=str(self.path)))
        refused = self.changes[count]
        return replace(
            self,
            changes=self.changes[:count],
            findings=(*self.findings, finding),
            end=refused.start,
            check=refused.previous,
        )


def recover(folder: Path, segmentation: Segmentation, *, image: str = "") -> Recovery:
    """What the journal in a folder offers for a mask as it was read; nothing is changed.

    Empty where there is no journal, or another process is at work on it. A journal that was
    cut off or damaged offers all that is whole before. One that belongs to another image, or
    to a mask that was changed by others since, offers nothing and is left alone.

    Args:
        folder: the journal's folder; it need not exist.
        segmentation: the mask, as it was read or begun.
        image: id of its image; "" if not known.
    """
    path = folder / NAME
    busy = busy_with(folder)
    if busy is not None:
        return Recovery(folder, findings=(_found("EDITED_ELSEWHERE", "warning", busy, path),))
    try:
        size = path.stat().st_size
        if is_of_later_version(path):
            text = f"{path.name} holds unsaved changes of a later medseg; open it with that."
            return _foreign(folder, text)
        with path.open("rb") as file:
            found = list(records(file, size))
        is_torn = is_cut_at_start(path, size)
    except (FileNotFoundError, NotADirectoryError):
        return Recovery(folder)
    except OSError as error:
        text = f"Unsaved changes in {path.name} could not be read: {error.strerror or error}."
        return _foreign(folder, text)
    if not found and is_torn:
        return Recovery(folder)  # it never got as far as a change
    return _offered(folder, segmentation, image, found, size)


def _offered(
    folder: Path, segmentation: Segmentation, image: str, found: Sequence[Record], size: int
) -> Recovery:
    voxels = segmentation.array.size
    try:
        start = Start.from_bytes(found[0].content(voxels)) if found else None
    except ValueError:
        start = None
    if start is None or found[0].entry is not Entry.START:
        text = f"{folder.name} holds unsaved changes that are damaged from the start."
        return _foreign(folder, text)
    why = _other_grid(start, segmentation, image)
    if why is not None:
        return _foreign(folder, why)
    state = MaskState.of(segmentation)
    since, first = _since_saved(found, start.state, state, segmentation)
    if since is None:
        text = (
            f"{folder.name} holds changes of another state of this mask, which was saved or "
            "changed elsewhere since. They are kept there and not made again."
        )
        return _foreign(folder, text)
    return _read_changes(Recovery(folder, first=first), since, segmentation, size)


def _other_grid(start: Start, segmentation: Segmentation, image: str) -> str | None:
    if image and start.image and image != start.image:
        return f"Unsaved changes are of another image, {start.image}; this one is {image}."
    if not start.state.geometry.same_grid(segmentation.geometry):
        return (
            f"Unsaved changes are of another grid, {start.state.geometry.describe()}; this image "
            f"has {segmentation.geometry.describe()}."
        )
    return None


def _since_saved(
    found: Sequence[Record], base: MaskState, now: MaskState, segmentation: Segmentation
) -> tuple[Sequence[Record] | None, Change | None]:
    """The records that the mask lacks, after one that it has; None if it is no state of theirs.

    A crash during a save leaves the old mask with the old names, with the new names already,
    or the new mask. The journal says before each save which one that will be.
    """
    savings = _savings(found, segmentation.array.size)
    names = {base.names} | {digests[1] for _, digests in savings}
    if now.voxels == base.voxels and now.names in names:
        return found, base.naming(segmentation) if now.names != base.names else None
    for place, digests in reversed(savings):
        if digests == (now.voxels, now.names):
            return found[place:], None
    return None, None


def _savings(found: Sequence[Record], voxels: int) -> list[tuple[int, tuple[str, str]]]:
    savings = []
    for place, one in enumerate(found):
        if one.entry is Entry.SAVING:
            try:
                savings.append((place, saving_from(one.content(voxels))))
            except ValueError:
                break
    return savings


def _read_changes(
    empty: Recovery, since: Sequence[Record], segmentation: Segmentation, size: int
) -> Recovery:
    changes: list[Recorded] = []
    end, check, why = since[0].end, since[0].check, "it is cut off or damaged there"
    for one in since[1:]:
        try:
            if one.entry is not Entry.SAVING:
                content = one.content(segmentation.array.size)
                change = decoded(content, segmentation.geometry.shape)
                changes.append(Recorded(one.entry, change, end, check))
        except ValueError as error:
            why = str(error)
            break
        end, check = one.end, one.check
    lost = size - end
    findings = (*_offer(empty.path, changes), *_tail(empty.path, lost, why))
    return replace(empty, changes=tuple(changes), findings=findings, end=end, check=check)


def _offer(path: Path, changes: Sequence[Recorded]) -> tuple[Finding, ...]:
    if not changes:
        return ()
    last = changes[-1].change.authorship
    count = "One change" if len(changes) == 1 else f"{len(changes)} changes"
    verb = "was" if len(changes) == 1 else "were"
    text = (
        f"{count} by {last.author} {verb} not saved when medseg ended, the last of {last.time}. "
        "Recover to go on with it."
    )
    return (_found("UNSAVED_CHANGES", "warning", text, path),)


def _tail(path: Path, lost: int, why: str) -> tuple[Finding, ...]:
    if not lost:
        return ()
    text = f"The last {lost} bytes of {path.name} are not used: {why}."
    return (_found("JOURNAL_CUT", "note", text, path),)


def _foreign(folder: Path, text: str) -> Recovery:
    finding = _found("FOREIGN_JOURNAL", "warning", text, folder / NAME)
    return Recovery(folder, findings=(finding,), is_foreign=True)


def _found(code: str, severity: Severity, text: str, path: Path) -> Finding:
    return Finding(code, severity, text, Place(file=str(path)))


def _make_again(recorded: Recorded, history: History) -> None:
    entry, change = recorded.entry, recorded.change
    if entry is Entry.UNDO and _is(_undoing(history), change):
        history.undo()
    elif entry is Entry.GIVE_UP and _is(_undoing(history), change):
        history.give_up()
    elif entry is Entry.REDO and _is(history.next_redo, change):
        history.redo()
    else:  # also what was undone, or done again, of before the last save
        history.do(change, continues=entry is Entry.CONTINUE)


def _undoing(history: History) -> Change | None:
    history.end_stroke()
    return history.last.inverse() if history.last else None


def _is(one: Change | None, other: Change) -> bool:
    return one is not None and encoded(one) == encoded(other)
