"""The record of a case: who said what on which voxels, and nothing that runs or leaks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from html.parser import HTMLParser
from pathlib import Path

import pytest

from medseg.model import Ending, EndingKind, NotEvaluable, Person, Segmentation
from medseg.project import acts
from medseg.report import case_record_page
from medseg.report.case_history import Moment
from tests.project.team import KEYS, ROOT, Team, person_id

EVIL = "<script>alert(1)</script> \N{RIGHT-TO-LEFT OVERRIDE}x"


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEDSEG_HOME", str(tmp_path_factory.mktemp("home")))
        made = Team.make(tmp_path_factory.mktemp("made"))
        yield made
        made.project.close()


@pytest.fixture
def team(made_once: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Team]:
    from medseg.project.folder.remembered import trust_root

    monkeypatch.setenv("MEDSEG_HOME", str(tmp_path / "home"))
    trust_root(ROOT.keyid, "Lung")
    copied = made_once.copied(tmp_path)
    yield copied
    copied.project.close()


def _told(team: Team) -> None:
    """Drawn, commented, rejected, corrected, approved, signed, locked."""
    project, reading = team.project, team.reading
    team.draw()
    team.submit()
    acts.comment(project, reading, EVIL, by="p-rob", point_lps=(1.0, -2.0, 3.5))
    acts.review(
        project, reading, by="p-rob", key=KEYS["rob"], decision="reject", reason="edge too wide"
    )
    _erase_a_voxel(team)
    team.submit()
    acts.review(project, reading, by="p-rob", key=KEYS["rob"], decision="approve")
    acts.sign(project, reading, by="p-sig", key=KEYS["sig"])
    acts.lock(project, reading, by="p-lea", key=KEYS["lea"])


def _erase_a_voxel(team: Team) -> None:
    import numpy as np

    from medseg.formats import read_segmentation, write_segmentation

    mask = read_segmentation(team.mask)
    array = np.array(mask.array)
    array[tuple(np.argwhere(array)[0])] = 0
    write_segmentation(
        Segmentation(array, mask.geometry, mask.segments, mask.provenance), team.mask
    )


def _page(team: Team, name: str) -> str:
    person: Person = team.project.person(person_id(name))
    return case_record_page(team.project, team.case, person)


class _Tags(HTMLParser):
    """Every tag with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def _tags(page: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = _Tags()
    parser.feed(page)
    return parser.found


def test_each_signature_has_name_role_meaning_and_both_times(team: Team) -> None:
    _told(team)
    page = _page(team, "lea")
    for who in ("Rob, as reviewer: reject", "Rob, as reviewer: approve", "Sig, as signer: approve"):
        assert who in page
    assert "Lea, as lead: lock, version 2" in page
    assert page.count('<div class="signature">') == 4
    assert "complete and correct" in page
    assert "Reason: edge too wide" in page
    signed = re.findall(r"<p>([\d-]+ [\d:]+) UTC; ([\d-]+ [\d:]+ [+-][\d:]+) by the signer", page)
    assert len(signed) == 4
    for utc, local in signed:
        there = datetime.fromisoformat(local.replace(" +", "+").replace(" -", "-"))
        assert there.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") == utc
    assert page.count("no display was recorded") == 4


def test_it_shows_what_was_signed_and_what_changed(team: Team) -> None:
    _told(team)
    page = _page(team, "lea")
    pictures = [attrs for tag, attrs in _tags(page) if tag == "img"]
    assert len(pictures) == 1
    assert str(pictures[0]["src"]).startswith("data:image/png;base64,iVBOR")
    assert "0 voxels added, 1 removed, in slice" in page
    assert page.count('<tr class="changed">') == 2  # the version, and its entry of the history
    assert "Values on that version" in page
    assert "longest diameter" in page
    assert 'class="verdict">valid<' in page
    assert "handed in version 2: lesions" in page


def test_a_change_behind_its_back_is_told(team: Team) -> None:
    _told(team)
    _put_back(team)
    page = _page(team, "lea")
    assert 'class="verdict">not valid<' in page
    assert "TAMPERED_VOXELS" in page


def _put_back(team: Team) -> None:
    """The first version's bytes in the place of the signed mask."""
    first = team.project.layout.version(team.case, team.reading, 1)
    team.mask.write_bytes(first.read_bytes())


def test_nothing_in_it_runs_and_nothing_is_fetched(team: Team) -> None:
    _told(team)
    page = _page(team, "lea")
    tags = _tags(page)
    assert "default-src 'none'" in page
    assert not [tag for tag, _ in tags if tag in ("script", "link", "iframe", "object", "form")]
    assert not [name for _, attrs in tags for name in attrs if name.startswith("on")]
    assert not [value for _, attrs in tags for value in attrs.values() if "://" in (value or "")]
    assert "&lt;script&gt;" in page
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in page
    assert "Research use only" in page


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        (Ending(EndingKind.NO_LESION_FOUND), "no lesion found"),
        (
            Ending(EndingKind.NOT_EVALUABLE, NotEvaluable.MOTION, "blurred"),
            "not evaluable (motion)",
        ),
    ],
)
def test_an_ending_without_lesions_has_no_picture(team: Team, ending: Ending, words: str) -> None:
    acts.open_reading(team.project, team.reading, by="p-ada")
    acts.submit(team.project, team.reading, by="p-ada", key=KEYS["ada"], ending=ending)
    page = _page(team, "rob")
    assert words in page
    assert "<img" not in page
    assert "nothing to outline" in page


def test_a_reading_in_hand_has_a_page_too(team: Team) -> None:
    assert "Not handed in yet" in _page(team, "lea")


def test_who_is_displayed_what_is_told_in_words(team: Team) -> None:
    from medseg.model import Viewing
    from medseg.project.viewings import add_viewings

    team.draw()
    team.submit()
    last = team.project.image(team.case).geometry.shape[0] - 1
    shown = Viewing(
        "p-rob", team.reading, 1, "axial", 0, last, 12.0, True, "lung", "2026-11-22T10:00:00+00:00"
    )
    add_viewings(team.project.store, [shown])
    acts.review(team.project, team.reading, by="p-rob", key=KEYS["rob"], decision="approve")
    page = _page(team, "lea")
    assert f"{last + 1} of {last + 1} axial slices displayed" in page
    assert "evidence of display, not of attention" in page


def test_a_lost_version_is_said_and_the_rest_is_shown(team: Team) -> None:
    _told(team)
    team.project.layout.version(team.case, team.reading, 1).unlink()
    page = _page(team, "lea")
    assert "Version 1 cannot be shown" in page
    assert "not known: a version is missing" in page


def test_local_time_is_that_of_the_signer() -> None:
    moment = Moment.of("2027-03-31T23:30:00.000+09:00")
    assert moment.utc == "2027-03-31 14:30:00 UTC"
    assert moment.local == "2027-03-31 23:30:00 +09:00"
    west = datetime(2027, 3, 31, tzinfo=timezone(timedelta(hours=-5)))
    assert (
        Moment.of("2027-03-31T00:00:00+00:00", zone_of=west).local == "2027-03-30 19:00:00 -05:00"
    )
