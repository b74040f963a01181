"""The whole headless story in a process that ends at the first try to reach a network.

Run as `python -m tests.reliability.clean_room FOLDER`; with `--call-home` it is a broken one.
"""

from __future__ import annotations

import os
import sys
import traceback
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

#: The machine's own name is asked of the system, and goes into the lock of a journal.
_HARMLESS = {"socket.gethostname"}
_REACHING = ("socket.", "urllib.", "http.client", "smtplib.", "ftplib.")
#: The exit code of a process that reached out.
CALLED = 77


def forbid_sockets() -> None:
    """From now on any socket, name look-up or connection ends the process with a word."""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if not event.startswith(_REACHING) or event in _HARMLESS or _is_probe():
            return
        sys.stderr.write(f"reached out: {event} {arguments}\n")
        traceback.print_stack()
        sys.stderr.flush()
        os._exit(CALLED)  # no `except` of the story can take it back

    sys.addaudithook(hook)


def _is_probe() -> bool:
    """Whether urllib3 asks, while it is loaded, if the system has IPv6: a socket bound to ::1.

    pydicom loads it where it is installed, for downloads that medseg never asks it for. Nothing
    is sent, and nothing listens.
    """
    frame = sys._getframe()
    while frame.f_back is not None:
        frame = frame.f_back
        if frame.f_globals.get("__name__") == "urllib3.util.connection":
            return frame.f_code.co_name == "_has_ipv6"
    return False


def story(folder: Path) -> list[str]:
    """Import, contour, fill, measure, submit, reject, correct, sign, lock, verify, export."""
    import medseg
    from medseg import raster
    from medseg.export import export_signed
    from medseg.formats import sample
    from medseg.model import Contour, Ending, EndingKind
    from medseg.project import Project, acts, import_images
    from medseg.session import Session
    from tests.project.team import KEYS, ROLES, ROOT, person

    case = sample.sample_case()
    people = [person(name) for name in ROLES]
    with Project.create(folder, name="Lung", site="A", key=ROOT, people=people) as project:
        (made,) = import_images(project, case.dicom, by="p-lea").cases
        reading = acts.assign(project, made, "p-ada", by="p-lea")
        opened = acts.open_reading(project, reading, by="p-ada")
        truth = medseg.read_segmentation(case.truth, like=opened.image)
        session = Session(opened.image, author="Ada", mask_path=opened.mask_path)
        for lesion in case.lesions:
            extent = truth.mask(lesion["number"])
            number = session.new_lesion(lesion["name"]).number
            for index in lesion["key_slices"]:
                for ring in raster.edge_contours(extent[index]):
                    session.draw(Contour.on_slice(opened.image.geometry, index, ring, number))
            session.fill_between(number)
            session.save()
        assert session.measure_all()
        lesions = Ending(EndingKind.LESIONS)
        acts.submit(project, reading, by="p-ada", key=KEYS["ada"], ending=lesions)
        remark = acts.comment(project, reading, "One more.", by="p-rob", point_lps=(1.0, 2.0, 3.0))
        acts.review(
            project,
            reading,
            by="p-rob",
            key=KEYS["rob"],
            decision="reject",
            reason="one is missing",
        )
        session.undo()
        session.save()
        session.close()
        acts.resolve(project, made, remark, "Done.", by="p-ada")
        acts.submit(project, reading, by="p-ada", key=KEYS["ada"], ending=lesions)
        acts.review(project, reading, by="p-rob", key=KEYS["rob"], decision="approve")
        acts.sign(project, reading, by="p-sig", key=KEYS["sig"])
        acts.lock(project, reading, by="p-lea", key=KEYS["lea"])
        verification = medseg.verify(opened.mask_path)
        export_signed(opened.mask_path, folder / "out")
    return [finding.code for finding in verification.verdicts]


def main() -> None:
    """Tell the story, and print the codes of the verdict."""
    forbid_sockets()
    if "--call-home" in sys.argv:
        with suppress(OSError):
            urllib.request.urlopen("http://localhost:9/", timeout=1)
    sys.stdout.write(" ".join(story(Path(sys.argv[1]))))


if __name__ == "__main__":
    main()
