"""Old projects, whose `image.json` told everybody where the images lie, are sealed."""

from __future__ import annotations

from collections.abc import Sequence

from medseg.errors import MedsegError
from medseg.model import Finding
from medseg.project.folder.layout import Layout
from medseg.project.images.image_record import (
    read_image_record,
    tells_in_clear,
    write_image_record,
)


def seal_places(layout: Layout, cases: Sequence[str]) -> list[Finding]:
    """Write each `image.json` of the first version as the one that tells no path.

    A project is of one version or the other, so that only the first case is looked at where that
    is sealed. What cannot be written is told.

    Args:
        layout: of the project.
        cases: their ids, in an order that stays.
    """
    if not cases or not tells_in_clear(layout.image(cases[0])):
        return []
    # The first comes last: if this is cut off, the next opening goes on.
    in_clear = [one for one in reversed(cases) if tells_in_clear(layout.image(one))]
    try:
        for case in in_clear:
            write_image_record(read_image_record(layout.image(case)), layout.image(case))
    except MedsegError as error:
        text = (
            f"The image.json of {len(in_clear)} cases tell where their images lie, which can hold "
            f"a patient's name; they could not be sealed: {error}"
        )
        return [Finding("PLACES_IN_CLEAR", "warning", text)]
    text = (
        f"The image.json of {len(in_clear)} cases told where their images lie, which can hold a "
        "patient's name; they are sealed now. Copies and backups made before still tell it."
    )
    return [Finding("PLACES_SEALED", "note", text)]
