"""The verdict on a signed mask that napari opens by itself, told when it is known."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from medseg.errors import MedsegError
from medseg.formats import sidecar
from medseg.model import Volume

#: Where a layer's metadata has the verdict: a dict with its "word", "severity" and "verdicts".
VERDICT = "medseg_verdict"


def begin_verdict(mask: Path, image: Volume | None) -> dict[str, Any]:
    """What is known of a mask's sign-offs: nothing yet, and in the end the verdict.

    It is found out in a thread of its own, which fills in the dict and tells the user. Empty where
    there are no sign-offs.

    Args:
        mask: the file.
        image: the image that is open, asked where the one that the mask names is not there.
    """
    if not sidecar.signoff_path(mask).is_file():
        return {}
    told: dict[str, Any] = {"word": "BEING CHECKED", "severity": "note", "verdicts": []}
    work = threading.Thread(
        target=_find_out, args=(mask, image, told), name="medseg verdict", daemon=True
    )
    work.start()
    return told


def _find_out(mask: Path, image: Volume | None, told: dict[str, Any]) -> None:
    from medseg.project import image_place, verify  # noqa: PLC0415 - loads much
    from napari_medseg.viewmodels.reviewing.verdict import (  # noqa: PLC0415 - see above
        sentence_of,
        word_of,
    )

    try:
        named = image_place(mask)
        verification = verify(mask, image=None if named and named[0].exists() else image)
    except (MedsegError, OSError, ValueError) as error:
        word, severity, verdicts = "NOT ESTABLISHED", "undecided", []
        sentence = f"{mask.name}: {word}. {error}"
    else:
        word, severity = word_of(verification)
        verdicts = [one.to_json() for one in verification.verdicts]
        sentence = sentence_of(mask, verification)
    told.update(word=word, severity=severity, verdicts=verdicts)
    _show(sentence, is_well=severity == "note")


def _show(text: str, *, is_well: bool) -> None:
    from napari.utils.notifications import show_info, show_warning  # noqa: PLC0415 - loads napari

    (show_info if is_well else show_warning)(text)
