"""Blind readers by commands alone: nothing of the other, until they are settled."""

from __future__ import annotations

import json
from pathlib import Path

from medseg.model import Segmentation
from tests.cli.study import Study
from tests.cli.telling import kinds, other_image, refused
from tests.phantoms import ramp_volume


def _views(study: Study, by: str, folder: Path) -> str:
    """Everything that commands tell a person of the case and the project."""
    inside = study.in_project()
    told = [
        study.done("worklist", "--all", *inside, by=by),
        study.done("worklist", "--all", "--json", *inside, by=by),
        study.done("worklist", *inside, by=by),
        study.done("review", "show", study.case, *inside, by=by),
        study.done("review", "show", study.case, "--json", *inside, by=by),
        study.done("log", "show", study.case, *inside, by=by),
        study.done("log", "show", study.case, "--json", *inside, by=by),
        study.done("review", "record", study.case, "--out", folder / "page.html", *inside, by=by),
        (folder / "page.html").read_text(encoding="utf-8"),
    ]
    return "\n".join(told)


def test_a_blind_reader_is_told_nothing_of_the_other(
    blind: tuple[Study, Study], tmp_path: Path
) -> None:
    ana, ben = blind
    ana.draw()
    ana.submit("--text", "seven of them")
    ids = ana.ids()
    told = _views(ben, "Ben", tmp_path)
    for secret in (ana.reading, "seven of them", "submitted", "handed in version"):
        assert secret not in told, secret
    lists = json.loads(ben.done("worklist", "--all", "--json", *ben.in_project(), by="Ben"))
    assert lists["rows"][0]["readers"] == [ids["Ben"]]
    verified = ben.done("verify", ben.folder, by="Ben", code=12)
    assert ana.reading not in verified
    assert ana.reading in ben.run("verify", ben.folder, by="Ada").out
    assert ana.reading in _views(ana, "Ada", tmp_path)  # the lead sees it: the test can fail
    filtered = ben.json("worklist", "--all", "--reader", "Ana", *ben.in_project(), by="Ben")
    assert filtered["rows"] == []
    for words in (("review", "show"), ("review", "comment"), ("open",), ("handover",)):
        extra = {"comment": ("x",), "handover": ("--to", "Ben")}.get(words[-1], ())
        run = ben.run(*words, ana.reading, *extra, *ben.in_project(), by="Ben")
        assert "seven" not in run.out + run.err
        assert ana.reading not in run.out


def test_a_reader_is_told_by_when(half_blind: Study) -> None:
    words = ("assign", half_blind.case, "--to", "Ben", *half_blind.in_project(), "--due")
    refused(half_blind.run(*words, "soon", by="Ada"), "2026-03-31")
    half_blind.done(*words, "2027-03-31", by="Ada")
    (row,) = half_blind.json("worklist", *half_blind.in_project(), by="Ben")["rows"]
    assert row["due"] == "2027-03-31"


def test_readers_who_agree_become_one_with_the_last_hand_in(blind: tuple[Study, Study]) -> None:
    ana, ben = blind
    for one, name in ((ana, "Ana"), (ben, "Ben")):
        one.draw()
        told = one.submit(by=name)
        assert "agree" not in told
    assert "consensus" in kinds(ana)
    ana.done("sign", ana.mask, by="Ada")
    shown = ana.json("review", "show", ana.case, *ana.in_project(), by="Ada")["readings"]
    assert [one["state"] for one in shown] == ["signed", "set aside"]


def test_readers_who_differ_wait_for_the_adjudicator(blind: tuple[Study, Study]) -> None:
    ana, ben = blind
    ana.draw()
    ana.submit()
    ben.draw(Segmentation.empty(ramp_volume().geometry))
    ben.submit("--no-lesion", by="Ben")
    assert "disagree" in kinds(ana)
    stages = [
        row["turn"]["stage"] for row in ana.json("worklist", *ana.in_project(), by="Ada")["rows"]
    ]
    assert stages == ["adjudicate"]
    refused(ana.run("review", "settle", ana.case, *ana.in_project(), by="Ada"), "adjudicat")
    told = ana.act("review", "adjudicate", ana.reading, "--reason", "three are there", by="Ada")
    assert "Decided for" in told
    assert "adjudicate" in kinds(ana)


def test_readers_are_measured_against_each_other_and_a_known_truth(
    blind: tuple[Study, Study], tmp_path: Path
) -> None:
    ana, ben = blind
    for one, name in ((ana, "Ana"), (ben, "Ben")):
        one.draw()
        one.submit(by=name)
    (pair,) = ana.json("review", "readers", *ana.in_project(), by="Ada")["agreement"]
    assert sorted(pair["readings"]) == sorted([ana.reading, ben.reading])
    assert (pair["dice"], pair["matched"], pair["onlyFirst"]) == (1.0, 3, 0)
    other = other_image(ana.root / "images" / "gold.nii.gz")
    told = ana.json("import", other, "--gold", *ana.in_project(), by="Ana")
    (gold,) = told["imported"][0]["cases"]
    ana.act("review", "truth", gold, str(ana.mask), by="Ada")
    reading = ana.assigned(gold, "Ana")
    reading.draw(Segmentation.empty(ramp_volume().geometry))
    reading.submit("--no-lesion")
    (score,) = ana.json("review", "readers", *ana.in_project(), by="Ada")["gold"]
    assert (score["dice"], score["missed"], score["passed"]) == (0.0, 3, False)
    assert ana.json("review", "readers", *ana.in_project(), by="Ana")["gold"] == []
    refused(ana.run("review", "truth", gold, ana.mask, *ana.in_project(), by="Ben"), "lead")
