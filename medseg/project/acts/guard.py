"""What is signed is saved over no more: asked before medseg writes a mask."""

from __future__ import annotations

from pathlib import Path

from medseg.errors import ReviewError
from medseg.model import Reading, ReadingState
from medseg.project.folder.layout import Spot, find_spot

_REASONS = {
    ReadingState.SIGNED: "it is signed: the lead can unlock it, with a reason",
    ReadingState.LOCKED: "it is locked: the lead can unlock it, with a reason",
    ReadingState.SET_ASIDE: "another reading of its case was chosen",
}


def check_may_save(mask: Path) -> None:
    """Pass if medseg may write this mask: it is in no project, or its reading is open to changes.

    Raises:
        ReviewError: the reading is signed, locked or set aside, or the file is a kept version.
        FormatError, StoreError: the project cannot be asked.
    """
    spot = find_spot(mask)
    if spot is None or spot.case is None or spot.reading is None:
        return
    if spot.version is not None:
        raise ReviewError(
            f"What was handed in is kept as it was; {mask.name} is version {spot.version} of "
            f"{spot.reading}. Save the reading's own mask, or to a place outside the project."
        )
    reading = _as_logged(spot, spot.case, spot.reading)
    if reading is not None:
        check_saving(reading)


def _as_logged(spot: Spot, case_id: str, reading_id: str) -> Reading | None:
    # Here and not above: who saves a mask outside of any project waits for no database library.
    from medseg.project.folded import folded  # noqa: PLC0415
    from medseg.project.folder.settings import read_settings  # noqa: PLC0415
    from medseg.project.store import Store  # noqa: PLC0415

    settings = read_settings(spot.layout.settings)
    where = settings.database or spot.layout.database
    with Store.open(where, origin=settings.origin) as store, store.read() as view:
        case = folded(view, case_id)
    return case.reading(reading_id) if case else None


def check_saving(reading: Reading) -> None:
    """Pass if the reading's mask may be changed.

    Raises:
        ReviewError: it is signed, locked or set aside.
    """
    reason = _REASONS.get(reading.state)
    if reason is not None:
        raise ReviewError(
            f"A mask is changed while its reading is open; {reading.reading_id} is not, {reason}. "
            "Changes can be saved to a place outside the project."
        )
