"""A whole project on each kind of store: acts, races, verdicts, and opening it anew."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import medseg
from medseg.errors import ReviewError
from medseg.project import Project, acts
from medseg.project.store import check_store
from medseg.project.worklist import worklist
from tests.project.team import KEYS, Team, change_voxel
from tests.signoff.cases import codes


def test_from_import_to_a_verdict(where: str | Path, tmp_path: Path):
    database = where if isinstance(where, str) else None
    team = Team.make(tmp_path, database=database)
    assert team.project.settings.database == database
    team.draw()
    team.submit()
    seen = team.project.case(team.case).seq

    def reject(_: int) -> str:
        with Project.open(team.project.layout.root) as own:
            try:
                return acts.review(
                    own,
                    team.reading,
                    by="p-rob",
                    key=KEYS["rob"],
                    decision="reject",
                    reason="no",
                    seen=seen,
                )
            except ReviewError:
                return ""

    with ThreadPoolExecutor(3) as pool:
        assert sum(bool(record) for record in pool.map(reject, range(3))) == 1
    assert len(worklist(team.project.store, team.project.person("p-ada"), mine=True)) == 1
    change_voxel(team.mask, (2, 3, 4), 0)
    team.submit()
    team.review()
    team.sign()
    team.lock()
    assert check_store(team.project.store, team.project.summarise) == ()
    with Project.open(team.project.layout.root) as again:
        assert again.findings == ()
    found = medseg.verify(team.project.layout.root)
    assert found.exit_code == 0
    assert codes(found)[-1] == "VALID"
    change_voxel(team.mask, (3, 3, 4), 0)
    assert "TAMPERED_VOXELS" in codes(medseg.verify(team.mask))
    team.project.close()
