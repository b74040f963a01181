"""What was displayed comes back as it was handed in, by reading and by person."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from medseg.errors import StoreError
from medseg.model import Viewing
from medseg.project.store import check_store
from medseg.project.viewings import add_viewings, read_viewings
from tests.project.store.acts import ask, new_store, summarise

AT = "2026-01-05T09:00:00.000+01:00"
ONE = Viewing("p-000001", "r-00000001", 0, "axial", 3, 17, 4.125, True, "lung", AT)


def test_viewings_come_back_in_order(where: str | Path) -> None:
    later = replace(ONE, plane="coronal", first=0, last=0, seconds=0.0, mask_visible=False)
    other = replace(ONE, person="p-000002")
    elsewhere = replace(ONE, reading="r-00000002", version=2, window="40/400 \u00e9")
    with new_store(where) as store:
        ask(store)
        assert read_viewings(store) == ()
        add_viewings(store, [])
        add_viewings(store, [ONE, other, later])
        add_viewings(store, [elsewhere])
        assert read_viewings(store, reading=ONE.reading, person=ONE.person) == (ONE, later)
        assert read_viewings(store, reading=ONE.reading) == (ONE, later, other)
        assert read_viewings(store, person=ONE.person) == (ONE, later, elsewhere)
        assert read_viewings(store, person="p-none") == ()
        assert check_store(store, summarise) == ()


def test_times_are_kept_to_the_millisecond(where: str | Path) -> None:
    with new_store(where) as store:
        add_viewings(store, [replace(ONE, seconds=1 / 3)])
        assert read_viewings(store)[0].seconds == 0.333


@pytest.mark.parametrize("column", ["person", "reading_id", "intervals", "digest"])
def test_a_changed_row_is_found(where: str | Path, column: str) -> None:
    with new_store(where) as store:
        add_viewings(store, [ONE])
        with store.act() as act:
            run = act.connection.exec_driver_sql
            if act.connection.dialect.name == "sqlite":
                run("DROP TRIGGER viewings_no_update")
                kind = "TEXT" if column in ("person", "reading_id") else "BLOB"
                run(f"UPDATE viewings SET {column} = CAST('x' AS {kind})")  # noqa: S608
            else:
                run("DROP TRIGGER viewings_kept ON viewings")
                run(f"UPDATE viewings SET {column} = 'x'")  # noqa: S608
        with pytest.raises(StoreError, match="was changed"):
            read_viewings(store)
        assert "VIEWINGS_DAMAGED" in [one.code for one in check_store(store)]
