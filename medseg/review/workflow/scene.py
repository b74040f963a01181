"""What a request is judged on: policy, people, the case as it stands, and the request."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from medseg.model import Case, Person, Policy, Reading, Role, StageName, slices_in_words
from medseg.review.coverage import coverage_from_json
from medseg.review.refusing import refusal, require
from medseg.review.workflow import facts
from medseg.review.workflow.draft import Draft
from medseg.review.workflow.requests import Request, Signed
from medseg.review.workflow.states import stage_of


@dataclass(frozen=True)
class Scene:
    """What a request is judged on.

    Args:
        policy: the project's.
        people: all of them by their ids, with those who left.
        case: as the log tells it.
        subject_cases: the other time points of the same subject.
        rehearsal: whether a signed act is judged before it is signed.
    """

    policy: Policy
    people: Mapping[str, Person]
    case: Case
    subject_cases: tuple[Case, ...] = ()
    rehearsal: bool = False

    def draft(
        self, kind: str, request: Request, reading: str | None, data: dict[str, Any]
    ) -> Draft:
        """The entry's part for this case."""
        return Draft(kind, request.actor, self.case.case_id, reading, data)

    def actor(self, request: Request) -> Person:
        """Who asks.

        Raises:
            ReviewError: nobody, or somebody who is not among the people.
        """
        return self.person(request.actor)

    def person(self, person_id: str | None) -> Person:
        """The person of that id.

        Raises:
            ReviewError: there is none.
        """
        found = self.people.get(person_id or "")
        if found is None:
            raise refusal(
                "Who acts in a project is in its registry of people",
                f"{person_id or 'nobody'} is not",
                "Ask the registry's keeper to enrol them",
            )
        return found

    def require_roles(self, person: Person, roles: Collection[Role], what: str) -> None:
        """Pass if the person has one of the roles.

        Raises:
            ReviewError: they do not; the message says who could.
        """
        able = ", ".join(one.printed_name for one in self.people.values() if one.may_act_as(roles))
        require(
            person.may_act_as(roles),
            f"Only {listed(roles, 'or')} may {what}",
            f"{person.printed_name} ({person.person_id}) {_has(person)}",
            f"Ask {able}" if able else "Ask the registry's keeper to give somebody the role",
        )

    def require_stage(self, person: Person, name: StageName, what: str) -> None:
        """Pass if the person has a role of the stage, and the stage is in use."""
        stage = stage_of(self.policy, name)
        require(
            bool(stage.roles),
            f"This project has no stage {name.value}",
            f"{person.printed_name} asked to {what}",
            f"Add policy.stages.{name.value} to medseg.toml if it is wanted",
        )
        self.require_roles(person, stage.roles, what)

    def require_apart(self, person: Person, others: Iterable[str], what: str) -> None:
        """Pass if the person is none of the others, or one person does everything here.

        Raises:
            ReviewError: separation of duties, which goes by person and not by key.
        """
        if self.policy.self_attested:
            return
        require(
            person.person_id not in set(others),
            f"Nobody may {what} a reading that holds voxels of their own",
            f"{person.printed_name} ({person.person_id}) is its reader or changed a voxel of it",
            "Ask a colleague with the role who has not worked on it",
        )

    def require_coverage(self, name: StageName, coverage: Mapping[str, Any], what: str) -> None:
        """Pass if the slices that the stage asks for were displayed with the mask visible."""
        rule = stage_of(self.policy, name).coverage
        if rule == "none":
            return
        missing = coverage_from_json(coverage).missing(rule) if coverage else None
        which = "each labelled slice" if rule == "labelled" else "each slice"
        require(
            missing == (),
            f"Before you {what}, {which} must have been displayed with the mask visible",
            f"Not displayed: {slices_in_words(missing)}" if missing else "No display was recorded",
            "Display those slices with the mask shown",
        )

    def record(self, signed: Signed | None, what: str) -> dict[str, Any]:
        """The signed record as an entry holds it.

        Raises:
            ReviewError: there is none, and this is no rehearsal.
        """
        require(
            self.rehearsal or (signed is not None and bool(signed.record)),
            f"Your own key is needed to {what}",
            "No signed record came with the request",
            "Sign it with your passphrase",
        )
        if signed is None:
            return {"record": "", "envelope": {}}
        return {"record": signed.record, "envelope": dict(signed.envelope)}

    def makers(self, reading: Reading) -> frozenset[str]:
        """Ids of everybody whose voxels the reading may hold."""
        return facts.makers(self.case, reading)


def listed(roles: Collection[Role], joint: str) -> str:
    """The roles as "a lead", "an importer or a lead"; all of them as "somebody with a role"."""
    if set(roles) == set(Role):
        return "somebody with a role"
    words = [f"an {one}" if one[0] in "aeiou" else f"a {one}" for one in sorted(roles)]
    return f" {joint} ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _has(person: Person) -> str:
    return f"is {listed(person.roles, 'and')}" if person.roles else "has no role here"
