"""Where a folder really lies: on a disk of this computer, or on a share of the network.

SQLite's locks do not hold on network file systems, and two writers there can damage a database.

Reference:
    https://www.sqlite.org/faq.html#q5, https://www.sqlite.org/wal.html (section 1).
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

from medseg.errors import StoreError

_NETWORK = re.compile(
    r"(nfs\d*|cifs|smb\d*|smbfs|smb2|afs|afpfs|9p|ceph|lustre|gpfs|beegfs|glusterfs|ncpfs|ncp|davfs"
    r"|webdav|coda|orangefs|pvfs2|panfs|vboxsf|prl_fs|virtiofs|drvfs"
    r"|fuse\.(sshfs|rclone|glusterfs|ceph|s3fs|gcsfuse|vmhgfs-fuse|davfs2?|curlftpfs|smbnetfs"
    r"|cifs|nfs|juicefs|osxfuse|gvfsd-fuse))"
)
# "/dev/sda1 on /data type ext4 (rw)" on Linux, "//me@host/x on /Volumes/x (smbfs, nodev)" on macOS.
_MOUNT_LINE = re.compile(r"^.+? on (?P<folder>.+) \((?P<kind>[^,)]+)[^)]*\)$")
_LINUX_MOUNTS = "/proc/self/mountinfo"
_MAC_MOUNT = "/sbin/mount"
_DRIVE_REMOTE = 4  # of GetDriveTypeW
_OCTAL = re.compile(r"\\([0-7]{3})")


def refuse_network_share(path: Path) -> None:
    """Pass if the file lies, or would lie, on a disk of this computer.

    Where the system tells nothing about its disks, the file passes.

    Raises:
        StoreError: it lies on a share of the network.
    """
    kind = file_system_of(path)
    if kind is not None and is_network(kind):
        raise StoreError(
            f"A project's SQLite database lies on a disk of this computer; {path} is on a network "
            f"file system ({kind}), where two writers can damage it. Keep the project on a local "
            'disk, or name a PostgreSQL server in medseg.toml (database = "postgresql://...").'
        )


def is_network(kind: str) -> bool:
    """Whether a file system of that kind is shared over a network."""
    return _NETWORK.fullmatch(kind.lower()) is not None


def file_system_of(path: Path, *, mounts: list[tuple[str, str]] | None = None) -> str | None:
    """The kind of the file system that holds the path, or None if the system does not say.

    Args:
        path: it need not exist yet; links are followed.
        mounts: (folder, kind) of each mount, a later one hiding an earlier; None asks the system.
    """
    real = os.path.realpath(path)
    if os.name == "nt":
        return _windows_kind(real)
    found: tuple[int, str] | None = None
    for folder, kind in _system_mounts() if mounts is None else mounts:
        inside = real == folder or real.startswith(folder.rstrip("/") + "/")
        if inside and (found is None or len(folder) >= found[0]):
            found = len(folder), kind
    return found[1] if found else None


def read_mountinfo(text: str) -> list[tuple[str, str]]:
    """The (folder, kind) of each mount in the text of Linux's /proc/self/mountinfo."""
    mounts = []
    for line in text.splitlines():
        before, dash, after = line.partition(" - ")
        if dash and len(before.split(" ")) > 4 and after:
            folder = _OCTAL.sub(lambda octal: chr(int(octal[1], 8)), before.split(" ")[4])
            mounts.append((folder, after.split(" ")[0]))
    return mounts


def read_mount_lines(text: str) -> list[tuple[str, str]]:
    """The (folder, kind) of each mount in what macOS's `mount` prints."""
    matches = (_MOUNT_LINE.match(line) for line in text.splitlines())
    return [(match["folder"], match["kind"]) for match in matches if match]


def _system_mounts() -> list[tuple[str, str]]:
    if os.path.exists(_LINUX_MOUNTS):
        raw = Path(_LINUX_MOUNTS).read_bytes()
        return read_mountinfo(raw.decode("utf-8", "surrogateescape"))
    if os.path.exists(_MAC_MOUNT):
        run = subprocess.run([_MAC_MOUNT], capture_output=True, text=True, check=False)  # noqa: S603
        return read_mount_lines(run.stdout)
    return []


def _windows_kind(real: str) -> str | None:
    drive = os.path.splitdrive(real)[0]
    if drive.startswith("\\\\"):
        return "smb"
    import ctypes  # noqa: PLC0415 - of use on Windows alone

    kinds: Any = getattr(ctypes, "windll", None)  # absent elsewhere
    is_remote = kinds and kinds.kernel32.GetDriveTypeW(drive + "\\") == _DRIVE_REMOTE
    return "smb" if is_remote else None
