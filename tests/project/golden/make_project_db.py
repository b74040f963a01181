"""Makes `schema-<version>.db`, a small store as today's medseg writes it.

One such file is kept for each version of the tables and never made anew: tests open it for good.
Run it once, when `SCHEMA_VERSION` has risen: python -m tests.project.golden.make_project_db
"""

from __future__ import annotations

from pathlib import Path

from medseg.model import Viewing
from medseg.project.store.schema import SCHEMA_VERSION
from medseg.project.viewings import add_viewings
from medseg.signoff.log.checkpoint import sign_checkpoint
from tests.project.store.acts import assigned, new_store, question, record
from tests.signoff.cases import key_of


def main() -> None:
    key = key_of()
    with new_store(Path(__file__).with_name(f"schema-{SCHEMA_VERSION}.db")) as store:
        with store.act() as act:
            for number in range(3):
                case = f"c-{number:08d}"
                record(act, [question(case=case), assigned("p-000002", f"r-{number:08d}", case)])
            act.checkpoint(sign_checkpoint(act.state, key), keyid=key.keyid)
        at = "2026-01-05T09:00:00.000+00:00"
        one = Viewing("p-000002", "r-00000001", 0, "axial", 3, 9, 1.5, True, "lung", at)
        add_viewings(store, [one])


if __name__ == "__main__":
    main()
