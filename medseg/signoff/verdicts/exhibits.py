"""What a sign-off is held against: everything that could be gathered, and nothing assumed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from medseg.model import Policy, Segmentation, Volume
from medseg.signoff.people.sealing import OpenedRegistry, open_registry
from medseg.signoff.refusal import RecordError
from medseg.signoff.verdicts.log_exhibit import LogExhibit


@dataclass(frozen=True, eq=False)
class PeopleExhibit:
    """A registry of people, and how far the asker trusts it.

    Args:
        data: content of a `people.json`.
        trusted_roots: ids of root keys that the asker knows; None if the asker named this very
            registry as the one to go by.
        remembered_version: the highest version of it that was ever seen here.
    """

    data: bytes
    trusted_roots: frozenset[str] | None = frozenset()
    remembered_version: int | None = None

    @cached_property
    def opened(self) -> OpenedRegistry | RecordError:
        """The registry, or why it cannot be opened."""
        try:
            return open_registry(self.data)
        except RecordError as error:
            return error


@dataclass(frozen=True, eq=False)
class Exhibits:
    """What a sign-off is held against; a part that is None or empty could not be had.

    Args:
        segmentation: the mask at hand.
        image: the image it is to be judged on.
        file_sha256: of the mask file's bytes.
        trust: ids of keys that the asker knows to be their owners'.
        now: the present time, to tell a signature from the future; None skips that.
        image_problem: why there is no image, in words.
        people: the registry of people.
        logs: the project's log, and those of other sites.
        policies: a project's rules by their digest, all that were ever in force.
        case: id of the case where the mask stands.
        reading: id of the reading where the mask stands.
        secret: the project's, for names of images that only the project can tell.
        derivations: envelopes of statements that link a changed image to the signed one.
    """

    segmentation: Segmentation | None
    image: Volume | None
    file_sha256: str | None = None
    trust: frozenset[str] = frozenset()
    now: datetime | None = None
    image_problem: str = "none was given or found"
    people: PeopleExhibit | None = None
    logs: tuple[LogExhibit, ...] = ()
    policies: Mapping[str, Policy] = field(default_factory=dict)
    case: str | None = None
    reading: str | None = None
    secret: bytes | None = None
    derivations: tuple[bytes, ...] = ()
