"""Questions to the importing site, without Qt: asked, answered, closed, and by whom."""

from __future__ import annotations

from pathlib import Path

from medseg.model import QueryState
from medseg.project import Project
from medseg.review.policy import policy_from_tables
from napari_medseg.viewmodels.reviewing.remarks.comment_rows import HIDDEN
from napari_medseg.viewmodels.reviewing.remarks.queries import QueriesViewModel
from tests.plugin.studies import SmallStudy, Workplace

BLIND = policy_from_tables({"double": {"readings": 2}, "stages": {"review": False}})


class Desk(Workplace):
    """Somebody at work, with the questions about the case on screen."""

    def __init__(self, study: SmallStudy, name: str) -> None:
        super().__init__(study)
        self.queries = QueriesViewModel(self.case.notice)
        self.queries.attach(self.home, self.jobs)
        self.come(name)
        self.open()


def queries(study: SmallStudy) -> list[tuple[str, QueryState, str]]:
    with Project.open(study.folder) as project:
        return [(one.text, one.state, one.answer) for one in project.case(study.case).queries]


def test_a_reader_asks_the_site_answers_and_the_reader_closes(study: SmallStudy) -> None:
    ana = Desk(study, "ana")
    assert ana.queries.title == "Questions"
    ana.done(ana.queries.ask, "Is there a contrast phase?")
    (row,) = ana.queries.rows
    assert (row.author, row.may_answer, row.may_close) == ("Dr Ana", False, True)
    assert ana.queries.title == "Questions 1"

    site = Workplace(study, "sig")
    site.done(site.worklist.show_mine, False)
    site.done(site.worklist.filter, with_queries=True)
    assert [one.queries for one in site.worklist.rows] == [1]
    lead = Desk(study, "sig")
    (row,) = lead.queries.rows
    assert row.may_answer
    lead.queries.select(row.query.query_id)
    lead.done(lead.queries.answer, "No, there is not.")
    assert lead.queries.rows[0].answer == "Dr Sig: No, there is not."
    site.done(site.worklist.refresh)
    assert site.worklist.rows == ()  # none is open any more

    ana = Desk(study, "ana")
    ana.queries.select(row.query.query_id)
    ana.done(ana.queries.close)
    assert queries(study) == [
        ("Is there a contrast phase?", QueryState.CLOSED, "No, there is not.")
    ]
    assert not ana.queries.rows[0].may_close


def test_what_is_refused_is_said_and_nothing_typed_is_taken_for_kept(study: SmallStudy) -> None:
    ana = Desk(study, "ana")
    kept = []
    ana.queries.kept.connect(lambda: kept.append(True))
    ana.done(ana.queries.ask, "   ")
    assert "says something" in ana.said
    ana.done(ana.queries.answer, "Yes.")
    assert "choose it first" in ana.said
    ana.done(ana.queries.ask, "Which scanner?")
    ana.queries.select(ana.queries.rows[0].query.query_id)
    assert len(kept) == 1
    ana.done(ana.queries.answer, "I do not know.")
    assert "may answer a query" in ana.said
    assert ana.case.notice.is_refusal
    assert len(kept) == 1
    assert queries(study) == [("Which scanner?", QueryState.OPEN, "")]


def test_outside_of_a_project_nobody_is_asked(study: SmallStudy, image_path: Path) -> None:
    place = Workplace(study)
    model = QueriesViewModel(place.case.notice)
    place.case.open(image_path)
    model.ask("Anybody?")
    assert "case of a project" in place.said
    assert model.cannot_ask == place.said
    assert model.rows == ()


def test_a_blind_reader_sees_no_question_of_others(tmp_path: Path) -> None:
    study = SmallStudy.make(tmp_path, policy=BLIND, readers="ana ben")
    ana, lead = Desk(study, "ana"), Desk(study, "sig")
    ana.done(ana.queries.ask, "Is the left one a scar?")
    ben = Desk(study, "ben")
    assert ben.queries.rows == ()
    lead.done(lead.home.reload)
    (row,) = lead.queries.rows  # the control
    assert row.author == "Dr Ana"
    lead.queries.select(row.query.query_id)
    lead.done(lead.queries.answer, "It is.")
    ana.done(ana.home.reload)
    (row,) = ana.queries.rows
    assert row.answer == f"{HIDDEN}: It is."  # she learns the answer, and no name
