"""The story of a case, told by acts: what goes, what is refused, and in which words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from medseg.errors import ReviewError
from medseg.model import CaseState, Ending, EndingKind, NotEvaluable, ReadingState, Role, StageName
from medseg.review import (
    AddComment,
    AnswerQuery,
    AskQuery,
    Assign,
    AssignReviewer,
    CloseQuery,
    Consensus,
    Disagree,
    HandOver,
    ResolveComment,
    Review,
    Sign,
    Submit,
    Turn,
    Unlock,
    case_state,
    decide,
    fold_all,
    policy_from_tables,
    reading_state,
    seen_seq,
    solo_policy,
    whose_turn,
)
from tests.review.world import SOLO, TEAM, World, digest, work

SINGLE = policy_from_tables({})
DOUBLE = policy_from_tables({"double": {"readings": 2}, "stages": {"review": False}})
EDITED = policy_from_tables(
    {"double": {"readings": 2, "adjudication": "edit"}, "stages": {"review": False}}
)


@pytest.fixture
def single() -> World:
    world = World(SINGLE)
    world.imported()
    return world


@pytest.fixture
def submitted(single: World) -> World:
    single.assigned("p-ann")
    single.submitted("p-ann")
    return single


@pytest.fixture
def disputed() -> World:
    return _disputed(World(DOUBLE))


def _disputed(world: World) -> World:
    world.imported()
    for reader, reading in (("p-ann", "r-1"), ("p-ben", "r-2")):
        world.assigned(reader, reading)
    for reader, reading in (("p-ann", "r-1"), ("p-ben", "r-2")):
        world.submitted(reader, reading)
    world.act(Disagree(actor=None, between=("r-1", "r-2"), why=("2 lesions against 3",)))
    return world


def test_a_case_walks_from_import_to_lock(single: World) -> None:
    seen = [case_state(SINGLE, single.case)]
    for step in (
        lambda: single.assigned("p-ann"),
        lambda: single.submitted("p-ann"),
        lambda: single.reviewed("p-rae"),
        lambda: single.signed_by("p-sue"),
        single.locked_by,
    ):
        seen.append(case_state(SINGLE, step()))
    assert seen == [
        CaseState.UNASSIGNED,
        CaseState.READING,
        CaseState.REVIEW,
        CaseState.TO_SIGN,
        CaseState.TO_LOCK,
        CaseState.LOCKED,
    ]
    assert single.case == fold_all(single.entries)
    assert whose_turn(SINGLE, single.case) == ()


def test_whose_turn_it_is_at_each_stage(single: World) -> None:
    assert whose_turn(SINGLE, single.case) == (Turn(Role.LEAD, StageName.ANNOTATE, None),)
    single.assigned("p-ann")
    assert whose_turn(SINGLE, single.case) == (Turn("p-ann", StageName.ANNOTATE, "r-1"),)
    single.submitted("p-ann")
    assert whose_turn(SINGLE, single.case) == (Turn(Role.REVIEWER, StageName.REVIEW, "r-1"),)
    single.act(AssignReviewer(actor="p-lea", reading="r-1", reviewer="p-ron"))
    assert whose_turn(SINGLE, single.case) == (Turn("p-ron", StageName.REVIEW, "r-1"),)
    single.reviewed("p-ron")
    assert whose_turn(SINGLE, single.case) == (Turn(Role.SIGNER, StageName.SIGN, "r-1"),)
    single.signed_by("p-sue")
    assert whose_turn(SINGLE, single.case) == (Turn(Role.LEAD, StageName.LOCK, "r-1"),)


def test_a_rejection_returns_to_its_annotator_and_then_to_the_same_reviewer(
    submitted: World,
) -> None:
    case = submitted.reviewed("p-rae", "reject")
    assert case.readings[0].state is ReadingState.RETURNED
    assert whose_turn(SINGLE, case) == (Turn("p-ann", StageName.ANNOTATE, "r-1"),)
    case = submitted.submitted("p-ann", mask="m2")
    assert whose_turn(SINGLE, case) == (Turn("p-rae", StageName.REVIEW, "r-1"),)
    with pytest.raises(ReviewError, match=r"same person.*Ron was not asked.*Ask the lead"):
        submitted.reviewed("p-ron")
    assert case_state(SINGLE, submitted.reviewed("p-rae")) is CaseState.TO_SIGN


def test_a_rejection_needs_a_reason(submitted: World) -> None:
    request = Review(actor="p-rae", reading="r-1", version=1, decision="reject", reason=" ")
    with pytest.raises(ReviewError, match=r"needs a reason.*Say why"):
        submitted.act(replace(request, signed=submitted.record()))


def test_versions_and_readings_are_never_overwritten(submitted: World) -> None:
    submitted.reviewed("p-rae", "reject")
    before = submitted.case.readings[0].submissions
    case = submitted.submitted("p-ann", mask="m2")
    assert case.readings[0].submissions[:1] == before
    assert [one.mask_digest for one in case.readings[0].submissions] == [digest("m1"), digest("m2")]
    with pytest.raises(ReviewError, match=r"id is given once"):
        fold_all([*submitted.entries, submitted.entries[1] | {"seq": 99}])


def test_the_annotator_cannot_review_or_sign_their_own_work(single: World) -> None:
    single.assigned("p-cat")
    single.submitted("p-cat")
    with pytest.raises(ReviewError, match=r"voxels of their own.*Cat.*Ask a colleague"):
        single.reviewed("p-cat")
    single.reviewed("p-rae")
    with pytest.raises(ReviewError, match=r"may sign.*voxels of their own"):
        single.signed_by("p-cat")


def test_a_reviewer_who_changed_a_voxel_is_an_annotator_of_that_version(submitted: World) -> None:
    submitted.act(Submit(actor="p-rae", reading="r-1", work=work("p-rae", mask="m2")))
    assert submitted.case.readings[0].annotators == {"p-rae"}
    with pytest.raises(ReviewError, match=r"voxels of their own"):
        submitted.reviewed("p-rae")
    assert case_state(SINGLE, submitted.reviewed("p-ron")) is CaseState.TO_SIGN


def test_whoever_changed_an_earlier_version_still_has_voxels_in_it(submitted: World) -> None:
    submitted.act(Submit(actor="p-rae", reading="r-1", work=work("p-rae", mask="m2")))
    submitted.act(Submit(actor="p-ann", reading="r-1", work=work("p-ann", mask="m3")))
    with pytest.raises(ReviewError, match=r"voxels of their own"):
        submitted.reviewed("p-rae")


def test_distinct_reviewers_are_counted_once() -> None:
    policy = policy_from_tables({"stages": {"review": {"persons": 2}}})
    world = World(policy)
    world.imported()
    world.assigned("p-ann")
    world.submitted("p-ann")
    world.reviewed("p-rae")
    assert case_state(policy, world.case) is CaseState.REVIEW
    with pytest.raises(ReviewError, match=r"approves a version once.*Another person"):
        world.reviewed("p-rae")
    world.reviewed("p-ron")
    assert case_state(policy, world.case) is CaseState.TO_SIGN
    assert reading_state(policy, world.case.readings[0]) is ReadingState.REVIEWED


def test_distinct_signers_are_counted_and_none_too_many() -> None:
    policy = policy_from_tables({"stages": {"review": False, "sign": {"persons": 2}}})
    world = World(policy)
    world.imported()
    world.assigned("p-ann")
    world.submitted("p-ann")
    world.signed_by("p-sue")
    assert case_state(policy, world.case) is CaseState.TO_SIGN
    with pytest.raises(
        ReviewError, match=r"needs 2 signatures of distinct persons.*by another person"
    ):
        world.locked_by()
    with pytest.raises(ReviewError, match=r"signs a version once"):
        world.signed_by("p-sue")
    world.signed_by("p-sam")
    with pytest.raises(ReviewError, match=r"Have it locked"):
        world.signed_by("p-cat")
    assert case_state(policy, world.locked_by()) is CaseState.LOCKED


def test_after_a_signature_only_an_unlocking_opens_the_reading(submitted: World) -> None:
    submitted.reviewed("p-rae")
    submitted.signed_by("p-sue")
    with pytest.raises(ReviewError, match=r"is signed.*unlocked for changes with a reason"):
        submitted.submitted("p-ann", mask="m2")
    submitted.locked_by()
    for act in (
        lambda: submitted.submitted("p-ann", mask="m2"),
        lambda: submitted.reviewed("p-ron"),
        lambda: submitted.signed_by("p-sam"),
        submitted.locked_by,
    ):
        with pytest.raises(ReviewError, match=r"is locked.*unlocked first, with a reason"):
            act()
    with pytest.raises(ReviewError, match=r"Only a lead may unlock.*Ask Lea"):
        submitted.unlocked_by("p-sue")
    with pytest.raises(ReviewError, match=r"needs a reason to unlock"):
        submitted.unlocked_by(reason="")
    case = submitted.unlocked_by()
    assert case.readings[0].state is ReadingState.SUBMITTED
    assert case_state(SINGLE, case) is CaseState.REVIEW  # what was said before holds no longer
    submitted.submitted("p-ann", mask="m2")
    submitted.reviewed("p-rae")
    assert case_state(SINGLE, submitted.signed_by("p-sue")) is CaseState.TO_LOCK


def test_a_signer_may_reject_before_signing(submitted: World) -> None:
    submitted.reviewed("p-rae")
    case = submitted.reviewed("p-sue", "reject")
    assert case.readings[0].state is ReadingState.RETURNED


@pytest.mark.parametrize(
    "ending",
    [
        Ending(EndingKind.NO_LESION_FOUND),
        Ending(EndingKind.NOT_EVALUABLE, NotEvaluable.MOTION, "breathing"),
    ],
)
def test_an_ending_without_lesions_goes_the_same_way(single: World, ending: Ending) -> None:
    single.assigned("p-ann")
    single.submitted("p-ann", ending=ending)
    single.reviewed("p-rae")
    single.signed_by("p-sue")
    case = single.locked_by()
    assert case.readings[0].newest.ending == ending
    assert case_state(SINGLE, case) is CaseState.LOCKED


def test_disputed_readings_go_to_an_adjudicator_who_is_none_of_the_readers(
    disputed: World,
) -> None:
    assert case_state(DOUBLE, disputed.case) is CaseState.ADJUDICATION
    assert whose_turn(DOUBLE, disputed.case) == (
        Turn(Role.ADJUDICATOR, StageName.ADJUDICATE, None),
    )
    case = disputed.adjudicated("p-ada", "r-2", "r-1", "r-2")
    assert (case.final, case.reading("r-1").state) == ("r-2", ReadingState.SET_ASIDE)
    assert case_state(DOUBLE, case) is CaseState.TO_SIGN
    with pytest.raises(ReviewError, match=r"Another reading of the case was chosen"):
        disputed.signed_by("p-sue", "r-1")
    disputed.signed_by("p-sue", "r-2")
    assert case_state(DOUBLE, disputed.locked_by(reading="r-2")) is CaseState.LOCKED


def test_a_disputing_reader_does_not_adjudicate() -> None:
    world = World(DOUBLE)
    world.imported()
    for reader, reading in (("p-cat", "r-1"), ("p-ben", "r-2")):
        world.assigned(reader, reading)
        world.submitted(reader, reading)
    world.act(Disagree(actor=None, between=("r-1", "r-2"), why=("volume",)))
    with pytest.raises(ReviewError, match=r"may adjudicate"):
        world.adjudicated("p-cat", "r-2", "r-1", "r-2")
    world.adjudicated("p-ada", "r-2", "r-1", "r-2")
    with pytest.raises(ReviewError, match=r"No reader of a case may sign"):
        world.signed_by("p-cat", "r-2")


def test_an_adjudicator_may_draw_a_reading_of_their_own_and_another_signs_it() -> None:
    world = _disputed(World(EDITED))
    world.act(Assign(actor="p-cat", reading="r-3", reader="p-cat", drawn_from=("r-1", "r-2")))
    with pytest.raises(ReviewError, match=r"handed in before"):
        world.adjudicated("p-cat", "r-3", "r-1", "r-2")
    world.submitted("p-cat", "r-3", mask="m3")
    case = world.adjudicated("p-cat", "r-3", "r-1", "r-2")
    assert case.final == "r-3"
    assert {one.state for one in case.readings[:2]} == {ReadingState.SET_ASIDE}
    with pytest.raises(ReviewError, match=r"may sign a reading that holds voxels"):
        world.signed_by("p-cat", "r-3")
    assert case_state(EDITED, world.signed_by("p-sue", "r-3")) is CaseState.TO_LOCK


def test_a_consensus_is_a_new_reading_and_a_rejected_one_goes_to_an_adjudicator() -> None:
    policy = policy_from_tables(
        {"double": {"readings": 2, "consensus": "majority"}, "stages": {"review": False}}
    )
    world = World(policy)
    world.imported()
    for reader, reading in (("p-ann", "r-1"), ("p-ben", "r-2")):
        world.assigned(reader, reading)
        world.submitted(reader, reading)
    case = world.act(
        Consensus(
            actor=None, reading="r-9", method="majority", drawn_from=("r-1", "r-2"), work=work()
        )
    )
    assert case_state(policy, case) is CaseState.TO_SIGN
    assert case.reading("r-9").drawn_from == ("r-1", "r-2")
    case = world.reviewed("p-sue", "reject", "r-9")
    assert case_state(policy, case) is CaseState.ADJUDICATION
    assert "the lower border" in case.needs_adjudication[0]
    case = world.adjudicated("p-ada", "r-1", "r-1", "r-2")
    assert (case.final, case.reading("r-9").state) == ("r-1", ReadingState.SET_ASIDE)


def test_the_first_of_agreeing_readings_may_stand_for_all() -> None:
    world = World(DOUBLE)
    world.imported()
    for reader, reading in (("p-ann", "r-1"), ("p-ben", "r-2")):
        world.assigned(reader, reading)
        world.submitted(reader, reading)
    case = world.act(
        Consensus(actor=None, reading="r-1", method="first", drawn_from=("r-1", "r-2"))
    )
    assert case_state(DOUBLE, case) is CaseState.TO_SIGN
    assert case.final == "r-1"


def test_two_who_act_on_the_same_state_one_wins_and_the_other_reads_who(submitted: World) -> None:
    seen = submitted.case.seq
    for who in ("p-rae", "p-ron"):
        assert seen_seq(SINGLE, submitted.case, TEAM[who]) == seen
    request = Review(actor="p-rae", reading="r-1", version=1, decision="approve", expected_seq=seen)
    submitted.act(replace(request, signed=submitted.record()))
    with pytest.raises(ReviewError, match=r"Rae was first: review.*Look at the case"):
        submitted.act(replace(request, actor="p-ron", signed=submitted.record()))


def test_blind_readers_do_not_collide_with_work_they_cannot_see() -> None:
    world = World(DOUBLE)
    world.imported()
    world.assigned("p-ann", "r-1")
    seen = seen_seq(DOUBLE, world.case, TEAM["p-ann"])
    world.assigned("p-ben", "r-2")
    world.submitted("p-ben", "r-2")
    world.act(Submit(actor="p-ann", reading="r-1", work=work("p-ann"), expected_seq=seen))
    with pytest.raises(ReviewError, match=r"Somebody was first: your reading has a newer entry"):
        world.act(Submit(actor="p-ann", reading="r-1", work=work("p-ann"), expected_seq=seen))


def test_one_person_does_everything_where_the_project_is_self_attested() -> None:
    world = World(solo_policy(), dict(SOLO))
    world.imported("p-me")
    world.assigned("p-me", by="p-me")
    world.submitted("p-me")
    world.signed_by("p-me")
    assert case_state(world.policy, world.locked_by("p-me")) is CaseState.LOCKED


def test_a_signed_act_has_a_record_except_in_a_rehearsal(submitted: World) -> None:
    request = Review(actor="p-rae", reading="r-1", version=1, decision="approve")
    with pytest.raises(ReviewError, match=r"Sign it with your passphrase"):
        submitted.act(request)
    assert decide(SINGLE, TEAM, submitted.case, request, rehearsal=True)[0].kind == "review"


def test_a_verdict_is_about_the_newest_version(submitted: World) -> None:
    submitted.submitted("p-ann", mask="m2")
    with pytest.raises(ReviewError, match=r"newest version"):
        submitted.act(
            Review(
                actor="p-rae",
                reading="r-1",
                version=1,
                decision="approve",
                signed=submitted.record(),
            )
        )


def test_open_work_is_handed_over_and_finished_work_is_not(single: World) -> None:
    single.assigned("p-ann")
    case = single.act(HandOver(actor="p-ann", reading="r-1", to="p-ben", packet_digest=digest("d")))
    assert case.readings[0].reader == "p-ben"
    with pytest.raises(ReviewError, match=r"not the reader"):
        single.submitted("p-ann")
    single.act(Submit(actor="p-ben", reading="r-1", work=work("p-ann", "p-ben")))
    single.act(AssignReviewer(actor="p-lea", reading="r-1", reviewer="p-rae"))
    case = single.act(HandOver(actor="p-rae", reading="r-1", to="p-ron", packet_digest=digest("d")))
    assert case.readings[0].reviewers == ("p-ron",)
    single.reviewed("p-ron")
    single.signed_by("p-sue")
    with pytest.raises(ReviewError, match=r"Open work is handed over"):
        single.act(HandOver(actor="p-lea", reading="r-1", to="p-rae", packet_digest=digest("d")))


def test_a_reader_reads_again_unannounced_and_the_outcome_stays(submitted: World) -> None:
    submitted.reviewed("p-rae")
    submitted.signed_by("p-sue")
    submitted.locked_by()
    submitted.assigned("p-ann", "r-2", round=2)
    assert whose_turn(SINGLE, submitted.case) == (Turn("p-ann", StageName.ANNOTATE, "r-2"),)
    case = submitted.submitted("p-ann", "r-2", mask="m9")
    assert case_state(SINGLE, case) is CaseState.LOCKED
    assert whose_turn(SINGLE, case) == ()


def test_time_points_are_read_in_order_each_locked_before_the_next() -> None:
    policy = policy_from_tables({"double": {"order": "sequential"}})
    first, second = World(policy), World(policy)
    first.imported(subject="s", time_point=1)
    second.imported(subject="s", time_point=2)
    for world in (first, second):
        world.assigned("p-ann")
    request = Submit(actor="p-ann", reading="r-1", work=work("p-ann"))
    with pytest.raises(ReviewError, match=r"Time point 1 of this subject is not"):
        second.act(request, subject_cases=[first.case])
    first.submitted("p-ann")
    first.reviewed("p-rae")
    first.signed_by("p-sue")
    first.locked_by()
    assert second.act(request, subject_cases=[first.case]).readings[0].newest is not None


def test_comments_are_pinned_resolved_and_queries_answered_and_closed(submitted: World) -> None:
    submitted.act(
        AddComment(
            actor="p-rae",
            reading="r-1",
            comment_id="k-1",
            text="Edge too wide",
            point_lps=(1.0, -2.0, 30.5),
            severity="warning",
        )
    )
    assert submitted.case.comments[0].is_open
    assert submitted.case.comments[0].point_lps == (1.0, -2.0, 30.5)
    case = submitted.act(ResolveComment(actor="p-ann", comment_id="k-1", text="narrowed"))
    assert case.comments[0].resolution == "narrowed"
    with pytest.raises(ReviewError, match=r"not open"):
        submitted.act(ResolveComment(actor="p-ann", comment_id="k-1"))
    submitted.act(AskQuery(actor="p-ann", query_id="q-1", text="Which phase?"))
    with pytest.raises(ReviewError, match=r"Only an importer or a lead may answer a query"):
        submitted.act(AnswerQuery(actor="p-ann", query_id="q-1", text="venous"))
    submitted.act(AnswerQuery(actor="p-imp", query_id="q-1", text="venous"))
    case = submitted.act(CloseQuery(actor="p-ann", query_id="q-1"))
    assert (case.queries[0].state, case.queries[0].answer) == ("closed", "venous")
    with pytest.raises(ReviewError, match=r"open or answered|answered or open"):
        submitted.act(CloseQuery(actor="p-lea", query_id="q-1"))


def test_strangers_and_people_who_left_may_do_nothing(submitted: World) -> None:
    for who, match in (("p-nobody", r"registry of people"), ("p-gone", r"Gone.*has no role")):
        with pytest.raises(ReviewError, match=match):
            submitted.act(AskQuery(actor=who, query_id="q-1", text="?"))
        with pytest.raises(ReviewError, match=match):
            submitted.act(Sign(actor=who, reading="r-1", version=1, signed=submitted.record()))


def test_a_log_that_was_changed_does_not_fold(submitted: World) -> None:
    entries = submitted.entries
    with pytest.raises(ReviewError, match=r"first entry of a case is its import"):
        fold_all(entries[1:])
    with pytest.raises(ReviewError, match=r"come in the order of the log"):
        fold_all([entries[0], entries[1], entries[1]])
    with pytest.raises(ReviewError, match=r"kinds of entry"):
        fold_all([*entries, {**entries[-1], "seq": 9, "kind": "praise"}])
    with pytest.raises(ReviewError, match=r"holds what its kind must have"):
        fold_all([entries[0], {**entries[1], "data": {}}])
    with pytest.raises(ReviewError, match=r"counted from 1"):
        fold_all([*entries, {**entries[-1], "seq": 9}])


def test_unlocking_is_for_signed_readings_only(submitted: World) -> None:
    with pytest.raises(ReviewError, match=r"Only what is signed or locked"):
        submitted.act(
            Unlock(actor="p-lea", reading="r-1", version=1, reason="x", signed=submitted.record())
        )
