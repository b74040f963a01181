"""The disk is asked to keep a folder's names."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from medseg.durable import flush_folder


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such call for folders")
def test_the_folder_itself_is_flushed_and_closed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def flush(descriptor: int) -> None:
        status = os.fstat(descriptor)
        assert stat.S_ISDIR(status.st_mode)
        assert os.path.samestat(status, tmp_path.stat())
        asked.append(descriptor)

    monkeypatch.setattr(os, "fsync", flush)
    flush_folder(tmp_path)
    (descriptor,) = asked
    with pytest.raises(OSError, match="Bad file descriptor"):  # it was closed
        os.fstat(descriptor)
