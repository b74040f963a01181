"""What filling proposes for the lesions of a session, kept up with the hand in a thread."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache, partial

from psygnal import Signal

from medseg.errors import MedsegError
from medseg.interpolate import Gap, Preview, ProposedShape
from medseg.model import Change, Changes, Edit, Segmentation
from medseg.session import Session
from napari_medseg.viewmodels.errand import Errand

#: A lesion that took no longer than this last time is done at once, without a thread, so that
#: the dashes are there with the stroke.
QUICK_SECONDS = 0.02

#: What touches so many slices takes longer than a stroke did.
_FEW = 12

Pair = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Proposed:
    """What is proposed in one gap of one lesion.

    Args:
        shape: what filling would make of its slices.
        slices: those on which it is proposed; not where it was accepted or rejected.
        stale: those of them that hold a filling from before a key beside them changed.
    """

    shape: ProposedShape
    slices: frozenset[int]
    stale: frozenset[int] = frozenset()

    @property
    def number(self) -> int:
        """The lesion's."""
        return self.shape.gap.number


@dataclass(frozen=True)
class _Result:
    """What the thread brings."""

    preview: Preview
    proposed: dict[Gap, Proposed]
    seconds: float


class LiveProposal:
    """The preview of one session's lesions; whatever takes time is done in a thread.

    It is told of each change by `touch`. What is known stays to be seen until `poll` takes up
    what is newer.
    """

    changed = Signal()
    """Something else is proposed."""
    failed = Signal(object)
    """It could not be computed: the MedsegError."""

    def __init__(self) -> None:
        self.proposed: tuple[Proposed, ...] = ()
        self._session: Session | None = None
        self._known: _Result | None = None
        self._touched: set[Pair] | None = None  # since the thread began; None: nothing
        self._took: dict[int, float] = {}  # seconds of the processor, by lesion
        self._errand = Errand("medseg interpolation")

    def work_on(self, session: Session | None) -> None:
        """Propose for this session from now on; None: for none."""
        self._errand.forget()
        self._session, self._known, self._touched, self._took = session, None, None, {}
        if session is not None:
            self._touched = set()
            self.poll()
        self._show(())

    def touch(self, change: Change) -> None:
        """Take note of a change that was made; what takes longer than a moment comes by `poll`."""
        if self._session is not None:
            touched = _pairs(change)
            self._touched = {*(self._touched or ()), *touched}
            self.poll()
            if self.is_busy:
                self.proposed = tuple(_without(one, touched) for one in self.proposed)

    @property
    def is_busy(self) -> bool:
        """Whether what is shown is older than the last change."""
        return self._errand.is_busy or self._touched is not None

    def poll(self) -> None:
        """Take up what the thread has done, and let it do what has come since."""
        self._errand.poll()
        if self._touched is not None and not self._errand.is_busy:
            self._begin()

    def wait(self, seconds: float = 60.0) -> bool:
        """Wait until all is up to date, not longer than this; whether it is."""
        until = time.monotonic() + seconds
        self.poll()
        while self.is_busy and (left := until - time.monotonic()) > 0:
            self._errand.wait(left)
            self.poll()
        return not self.is_busy

    @property
    def preview(self) -> Preview | None:
        """What edits are made of; None while it is not up to date."""
        return self._known.preview if self._known and not self.is_busy else None

    def reject(self, number: int) -> None:
        """Propose nothing more for a lesion, until a key beside it changes."""
        preview = self.preview
        mine = [one for one in self.proposed if one.number == number]
        if preview is None or self._known is None or not mine:
            return
        slices = {index for one in mine for index in one.slices}
        preview.reject(slices, numbers=(number,))
        for one in mine:
            none = replace(one, slices=frozenset(), stale=frozenset())
            self._known.proposed[one.shape.gap] = none
        self._show(self._known.proposed.values())

    def has_rejected(self, number: int) -> bool:
        """Whether a proposal for a lesion was rejected, and no key has changed since."""
        return self._known is not None and any(
            self._known.preview.is_rejected(number, index)
            for gap in self._known.preview.gaps
            if gap.number == number
            for index in gap.slices
        )

    def close(self) -> None:
        """Let the thread end; nothing is told any more."""
        self._errand.forget()
        self._session, self._known, self._touched = None, None, None

    def _begin(self) -> None:
        session, touched = self._session, self._touched
        if session is None or touched is None:
            return
        self._touched = None
        absent = frozenset(session.volume.absent_slices)
        work = partial(_computed, session.segmentation, self._known, frozenset(touched), absent)
        numbers = {number for number, _ in touched}
        is_quick = len(touched) <= _FEW and all(
            self._took.get(number, QUICK_SECONDS) < QUICK_SECONDS for number in numbers
        )
        start = self._errand.do_at_once if is_quick and self._known else self._errand.begin
        start(work, partial(self._take, numbers), self._give_up)

    def _take(self, numbers: set[int], result: _Result) -> None:
        self._known = result
        self._took |= dict.fromkeys(numbers, result.seconds)
        self._show(result.proposed.values())

    def _give_up(self, error: MedsegError) -> None:
        self._known = None  # the next change computes all anew
        self._show(())
        self.failed.emit(error)

    def _show(self, proposed: Iterable[Proposed]) -> None:
        self.proposed = tuple(one for one in proposed if one.slices)
        self.changed.emit()


def _pairs(change: Change) -> set[Pair]:
    """The (lesion, slice) pairs that a change has touched."""
    leaves = [leaf for leaf in Changes((change,)).leaves if isinstance(leaf, Edit)]
    return {pair for leaf in leaves for pair in leaf.origins}


def _without(one: Proposed, touched: set[Pair]) -> Proposed:
    """The same without slices that were worked on; they are no mere proposal any longer."""
    kept = frozenset(index for index in one.slices if (one.number, index) not in touched)
    return replace(one, slices=kept, stale=one.stale & kept)


def _computed(
    segmentation: Segmentation,
    known: _Result | None,
    touched: frozenset[Pair],
    absent: frozenset[int],
) -> _Result:
    """What is proposed now; what lies far from what was touched is taken over."""
    begun = time.thread_time()
    if known is None:
        preview, before = Preview(segmentation, is_told=True), {}
        concerned = set(range(segmentation.geometry.shape[0]))
    else:
        preview, before = known.preview, known.proposed
        concerned = {*preview.refresh(touched), *(index for _, index in touched)}
    proposed = {}
    for gap in preview.gaps:
        if absent.intersection(gap.slices):
            continue
        # Keys count too: a slice beside one is stale by the time it was drawn.
        near = range(gap.first, gap.last + 1)
        if gap in before and concerned.isdisjoint(near):
            proposed[gap] = before[gap]
        elif (shape := preview.shape_of(gap)) is not None:
            proposed[gap] = _judged(segmentation, preview, shape)
    return _Result(preview, proposed, time.thread_time() - begun)


def _judged(segmentation: Segmentation, preview: Preview, shape: ProposedShape) -> Proposed:
    """On which slices of a gap something new is proposed."""
    gap = shape.gap
    slices, stale = set(), set()
    holds = shape.mask.any(axis=(1, 2)).tolist()
    for index in gap.slices:
        made = segmentation.provenance.get((gap.number, index))
        if preview.is_rejected(gap.number, index):
            continue
        if made is None:
            if holds[index - shape.corner[0]]:
                slices.add(index)
        elif _is_older(segmentation, gap, made.time) and _differs(segmentation, shape, index):
            slices.add(index)
            stale.add(index)
    return Proposed(shape, frozenset(slices), frozenset(stale))


def _is_older(segmentation: Segmentation, gap: Gap, time_made: str) -> bool:
    """Whether one of a gap's keys was worked on after this time."""
    known = (segmentation.provenance.get((gap.number, key)) for key in (gap.first, gap.last))
    made = _when(time_made)
    return any(key is not None and _when(key.time) > made for key in known)


def _differs(segmentation: Segmentation, shape: ProposedShape, index: int) -> bool:
    """Whether a slice holds anything but what is proposed there."""
    wanted = shape.on_slice(index)
    (_, row, column), (height, width) = shape.corner, wanted.shape
    held = segmentation.array[index] == shape.gap.number
    inside = held[row : row + height, column : column + width]
    return bool((inside != wanted).any() or held.sum() != inside.sum())


@lru_cache(maxsize=4096)
def _when(time_text: str) -> datetime:
    """A time of the record, which is UTC where it says nothing else; long ago if unreadable."""
    try:
        when = datetime.fromisoformat(time_text)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return when if when.tzinfo is not None else when.replace(tzinfo=UTC)
