"""An entry of a listing that knows how to become a volume."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from medseg.errors import FormatError, MedsegError
from medseg.model import Finding, Place, SeriesInfo, Volume

#: Called with how much is done, 0 to 1, and what is being done.
Progress = Callable[[float, str], None]
#: Called once with the middle slice, a volume of one slice in its true place.
Preview = Callable[[Volume], None]


@dataclass(frozen=True)
class ReadOptions:
    """What a caller of `read_volume` chose.

    Args:
        allow_gaps: read a stack with missing slices, leaving them blank.
        progress: told how far the reading is.
        preview: shown the middle slice as early as the format allows.
    """

    allow_gaps: bool = False
    progress: Progress = lambda _fraction, _message: None
    preview: Preview | None = None


@dataclass(frozen=True)
class Entry:
    """One line of a listing, and what it takes to read it.

    Args:
        info: what the listing shows.
        load: reads it; None where it cannot be read.
        error: why it cannot be read, as the type it is raised with.
        is_image: whether it counts when a path is opened without naming one: an image volume,
            readable or not. A mask, a skipped file or a part of another entry does not.
        parts: the entries that it divides into, where one file holds several volumes; they are
            listed in its place.
    """

    info: SeriesInfo
    load: Callable[[ReadOptions], Volume] | None
    error: MedsegError | None = None
    is_image: bool = True
    parts: tuple[Entry, ...] = ()

    def read(self, options: ReadOptions) -> Volume:
        """The volume.

        Raises:
            MedsegError: it cannot be read; the type says why.
        """
        if self.load is None:
            raise self.error or FormatError(f"{self.info.id} holds no image: {self.info.reason}")
        return self.load(options)

    def as_finding(self) -> Finding:
        """What to say in the report of a volume that was read although this stood beside it."""
        files = "1 file" if self.info.file_count == 1 else f"{self.info.file_count} files"
        reason = self.info.reason or "it is a mask, not an image"
        text = f"Not read: {self.info.id} ({files}): {reason}"
        return Finding("SKIPPED", "note", text, Place(file=self.info.path.name))


def divided(entries: Iterable[Entry]) -> list[Entry]:
    """The same entries, each with parts replaced by them, and each id once.

    The two files of a pair give the same entry twice.
    """
    every = (part for entry in entries for part in (entry.parts or (entry,)))
    return list({entry.info.id: entry for entry in every}.values())


def refused(info: SeriesInfo, error: MedsegError, *, is_image: bool = True) -> Entry:
    """An entry that cannot be read, with the error's words as the reason."""
    return Entry(replace(info, reason=str(error)), None, error, is_image)
