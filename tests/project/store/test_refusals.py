"""What cannot be opened or acted on is refused in a sentence, and nothing is changed."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from medseg.errors import StoreError
from medseg.project.store import Store, check_store
from medseg.project.store import engine as engine_module
from medseg.project.store.engine import journal_mode, make_engine, name_of
from medseg.project.store.mounts import (
    file_system_of,
    is_network,
    read_mount_lines,
    read_mountinfo,
    refuse_network_share,
)
from medseg.project.store.refusals import is_repeatable, refusal
from tests.project.store.acts import ORIGIN, ask, new_store, summarise


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "project.db"
    with new_store(path) as store:
        ask(store)
    return path


def test_a_locked_database_says_so_and_is_free_again_afterwards(database: Path) -> None:
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with Store.open(database, origin=ORIGIN, patience_seconds=0.1) as store:
            with pytest.raises(StoreError, match="locked by another process"):
                ask(store)
            other.execute("ROLLBACK")
            ask(store)
            assert check_store(store, summarise) == ()


def test_a_database_of_another_project_is_refused(where: str | Path) -> None:
    new_store(where).close()
    with pytest.raises(StoreError, match=r"belongs to one project.*example.org/study.*other"):
        Store.open(where, origin="example.org/other")


def test_there_is_one_store_in_one_place(where: str | Path) -> None:
    with new_store(where) as store:
        ask(store)
    with pytest.raises(StoreError, match="there is one at"):
        Store.create(where, origin=ORIGIN)
    with Store.open(where, origin=ORIGIN) as store, store.read() as view:
        assert view.size == 2


def test_an_absent_database_is_not_made_by_opening_it(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no file"):
        Store.open(tmp_path / "project.db", origin=ORIGIN)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_absent_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be made"):
        Store.create(tmp_path / "nowhere" / "project.db", origin=ORIGIN)


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\x00", b"no database at all " * 99])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "project.db"
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"copied by half"):
        Store.open(path, origin=ORIGIN)
    assert path.read_bytes() == content


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "project.db")) as other:
        other.execute("CREATE TABLE meta (key TEXT, value TEXT)")
    with pytest.raises(StoreError, match="another program's"):
        Store.open(tmp_path / "project.db", origin=ORIGIN)


def test_a_database_copied_by_half_is_refused_or_found_damaged(database: Path) -> None:
    whole = database.read_bytes()
    copy = database.with_name("copy.db")
    # Less than a page may be missing at the end without consequence: SQLite reads zeros there.
    for size in range(0, len(whole) - 4095, 4096 + 512):
        copy.write_bytes(whole[:size])
        with pytest.raises(StoreError, match=r"copied by half|not all there|was noted"):
            _open_and_check(copy)
    shutil.copyfile(database, copy)
    _open_and_check(copy)


def _open_and_check(path: Path) -> None:
    with Store.open(path, origin=ORIGIN) as store:
        for finding in check_store(store, summarise):
            raise StoreError(finding.text)


# Root may write anywhere, so the folder is tried by a process that is nobody.
_AS_NOBODY = """
import os, sys
from medseg.errors import StoreError
from medseg.project.store import Store, check_store
from tests.project.store.acts import ORIGIN, ask, summarise
"".encode("utf-16be")  # loaded while the interpreter's own folder can still be read
if os.getuid() == 0:
    os.setgroups([])
    os.setuid(65534)
with Store.open(sys.argv[1], origin=ORIGIN) as store:
    assert check_store(store, summarise) == ()
    try:
        ask(store)
    except StoreError as error:
        print(error)
"""


@pytest.mark.skipif(os.name != "posix", reason="the rights on folders are those of POSIX")
def test_a_read_only_folder_is_read_and_acting_is_refused(database: Path) -> None:
    if journal_mode()[0] == "wal":
        pytest.skip("a WAL database in a read-only folder is refused at once")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy = folder / "project.db"
        shutil.copyfile(database, copy)
        copy.chmod(0o444)
        folder.chmod(0o555)
        run = subprocess.run(
            [sys.executable, "-c", _AS_NOBODY, str(copy)],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )
        folder.chmod(0o755)
        assert "cannot be written. Nothing was changed" in run.stdout, run.stderr
        assert copy.read_bytes() == database.read_bytes()


def test_the_newest_sqlite_writes_ahead_and_older_ones_roll_back() -> None:
    assert journal_mode((3, 40, 1)) == ("delete", "EXTRA")
    assert journal_mode((3, 51, 2)) == ("delete", "EXTRA")
    assert journal_mode((3, 51, 3)) == ("wal", "FULL")
    assert journal_mode((3, 53, 0)) == ("wal", "FULL")


@pytest.fixture
def write_ahead(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As if this SQLite were new enough."""
    monkeypatch.setattr(engine_module, "journal_mode", lambda: ("wal", "FULL"))
    return


def test_a_connection_is_as_safe_as_its_sqlite_can_be(
    database: Path, request: pytest.FixtureRequest
) -> None:
    def told() -> tuple[object, ...]:
        with Store.open(database, origin=ORIGIN) as store, store.read() as view:
            pragmas = ("journal_mode", "synchronous", "foreign_keys")
            run = view.connection.exec_driver_sql
            return tuple(run(f"PRAGMA {pragma}").scalar() for pragma in pragmas)

    full, extra, is_wal = 2, 3, journal_mode()[0] == "wal"
    assert told() == (*journal_mode()[:1], full if is_wal else extra, 1)
    request.getfixturevalue("write_ahead")
    assert told() == ("wal", full, 1)


@pytest.mark.usefixtures("write_ahead")
def test_a_store_that_writes_ahead_is_whole(tmp_path: Path) -> None:
    with new_store(tmp_path / "project.db") as store:
        for number in range(20):
            ask(store, str(number))
        with store.read() as view:
            ask(store)  # a reader hinders no writer there
            assert view.size == 21
        assert check_store(store, summarise) == ()


def test_an_older_sqlite_takes_the_database_back_unless_it_is_in_use(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(sqlite3.connect(database)) as newer:
        newer.execute("PRAGMA journal_mode=wal")
        newer.execute("SELECT * FROM log").fetchall()
        monkeypatch.setattr(engine_module, "journal_mode", lambda: ("delete", "EXTRA"))
        with pytest.raises(StoreError, match=r"locked by another process|Close every other"):
            Store.open(database, origin=ORIGIN, patience_seconds=0.1)
    _open_and_check(database)


MOUNTINFO = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:40 / /mnt/share rw,relatime shared:7 - nfs4 server:/export rw,vers=4.2
31 30 8:2 / /mnt/share/local rw - xfs /dev/sdb1 rw
32 22 0:41 / /mnt/with\\040space rw master:1 - fuse.sshfs me@host:/x rw
"""


def test_network_file_systems_are_told_from_the_mounts() -> None:
    mounts = read_mountinfo(MOUNTINFO)
    kinds = {
        "/home/project.db": "ext4",
        "/mnt/share/project.db": "nfs4",
        "/mnt/shared/project.db": "ext4",
        "/mnt/share/local/a/project.db": "xfs",
        "/mnt/with space/project.db": "fuse.sshfs",
    }
    for path, kind in kinds.items():
        assert file_system_of(Path(path), mounts=mounts) == kind
    mac = "/dev/disk1s1 on / (apfs, local)\n//me@host/x on /Volumes/My x (smbfs, nodev)\n"
    assert read_mount_lines(mac) == [("/", "apfs"), ("/Volumes/My x", "smbfs")]
    assert file_system_of(Path("/nowhere"), mounts=[]) is None


@pytest.mark.parametrize(
    "kind", ["nfs", "nfs4", "cifs", "smb3", "SMBFS", "fuse.sshfs", "9p", "afs", "lustre", "ceph"]
)
def test_shares_are_shares(kind: str) -> None:
    assert is_network(kind)


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "tmpfs", "apfs", "overlay", "fuseblk"])
def test_disks_are_no_shares(kind: str) -> None:
    assert not is_network(kind)


def test_a_network_share_is_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_network_share(tmp_path / "project.db")
    monkeypatch.setattr("medseg.project.store.mounts.file_system_of", lambda _: "cifs")
    with pytest.raises(StoreError, match=r"cifs.*PostgreSQL"):
        Store.create(tmp_path / "project.db", origin=ORIGIN)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", ["mysql://host/x", "postgresql://:::", "://", "oracle+x://host/y"])
def test_a_url_that_leads_nowhere_is_refused(url: str) -> None:
    with pytest.raises(StoreError, match="SQLite file or a PostgreSQL"):
        make_engine(url)


def test_a_server_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    url = f"postgresql://me:secret@/study?unix_sock={tmp_path}/none"
    assert "secret" not in name_of(url)
    with pytest.raises(StoreError) as raised:
        Store.open(url, origin=ORIGIN)
    assert "secret" not in str(raised.value)
    assert "does not answer" in str(raised.value)


SENTENCES = {
    "SQLITE_BUSY_SNAPSHOT": "locked by another process",
    "SQLITE_LOCKED_SHAREDCACHE": "locked by another process",
    "SQLITE_READONLY_DIRECTORY": "ask for the right to write",
    "SQLITE_CANTOPEN_ISDIR": "cannot be opened",
    "SQLITE_FULL": "the disk is full",
    "SQLITE_IOERR_WRITE": "the disk reports an error",
    "SQLITE_IOERR_SHORT_READ": "the disk reports an error",
    "SQLITE_CORRUPT_INDEX": "damaged or copied by half",
    "SQLITE_NOTADB": "damaged or copied by half",
    "SQLITE_CONSTRAINT_TRIGGER": "for good",
    "SQLITE_SOMETHING_NEW": "refused",
    "55P03": "locked by another process",
    "25006": "may not be written",
    "53100": "the disk is full",
    "58030": "its disk",
    "28P01": "does not let this user in",
    "40001": "do it once more",
    "P0001": "for good",
    "99999": "refused",
}


@pytest.mark.parametrize("code", SENTENCES)
def test_each_word_of_a_database_has_a_sentence(code: str) -> None:
    told: Exception = sqlite3.OperationalError("its own words")
    if code.startswith("SQLITE"):
        told.sqlite_errorname = code  # type: ignore[attr-defined]
    else:
        told = Exception({"C": code, "M": "its own words"})
    sentence = refusal(OperationalError("SELECT 1", {}, told), "study.db")
    assert SENTENCES[code] in sentence
    assert "study.db" in sentence
    assert code in sentence
    assert is_repeatable(OperationalError("", {}, told)) == (code == "40001")


@pytest.mark.parametrize(
    "name", ["my study", "a#b?c=d&e%20f", "\u00e9tude \u65e5\u672c", "semi;colon"]
)
def test_any_folder_name_will_do(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    new_store(folder / "project.db").close()
    _open_and_check(folder / "project.db")
    assert [path.name for path in folder.iterdir()] == ["project.db"]
    assert [path.name for path in tmp_path.iterdir()] == [name]
