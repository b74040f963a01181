"""Files that ask for far more than they hold, and places that no patient has."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from medseg.errors import GeometryError, MedsegError
from tests.formats.codestreams import CODECS, JPEG, JPEG_2000, JPEG_LS, RLE, packed
from tests.formats.dicom_files import deflate
from tests.formats.faults import check, refused
from tests.formats.three_slices import stack, whole_stack


def j2k_bomb(stored: np.ndarray) -> bytes:
    """A codestream whose own header says 60000 x 60000 (SIZ: reference grid and tile)."""
    content = bytearray(CODECS[JPEG_2000](stored))
    siz = content.index(b"\xff\x51") + 6
    content[siz : siz + 8] = struct.pack(">II", 60000, 60000)
    content[siz + 16 : siz + 24] = struct.pack(">II", 60000, 60000)
    return bytes(content)


def sof_bomb(encode: Callable[[np.ndarray], bytes], marker: bytes) -> Callable[..., bytes]:
    """A codestream whose frame header says 60000 x 60000."""

    def make(stored: np.ndarray) -> bytes:
        content = bytearray(encode(stored))
        start = content.index(marker) + 5
        content[start : start + 4] = struct.pack(">HH", 60000, 60000)
        return bytes(content)

    return make


def rle_bomb(_stored: np.ndarray) -> bytes:
    """Two segments, each unpacking to 384 MB of one value."""
    segment = b"\x81\x00" * (3 << 20)
    return struct.pack("<16I", 2, 64, 64 + len(segment), *[0] * 13) + segment * 2


def deflate_bomb(file: Path) -> None:
    """A deflated dataset with 100 MB of zeros in a private element before its pixels."""
    deflate(file)
    content = file.read_bytes()
    start = 144 + struct.unpack_from("<I", content, 140)[0]
    plain = zlib.decompress(content[start:], wbits=-15)
    place = plain.index(b"\xe0\x7f\x10\x00OW")
    packer = zlib.compressobj(9, wbits=-15)
    zeros = b"\xe1\x70\x10\x10OB\0\0" + struct.pack("<I", 100 << 20)
    parts = [content[:start], packer.compress(plain[:place] + zeros)]
    parts += [packer.compress(bytes(1 << 20)) for _ in range(100)]
    parts += [packer.compress(plain[place:]), packer.flush()]
    file.write_bytes(b"".join(parts))


FAULTS = {
    "jpeg_2000_of_its_own_size": refused(stack(packed(JPEG_2000, j2k_bomb)), "b.dcm"),
    "jpeg_ls_of_its_own_size": refused(
        stack(packed(JPEG_LS, sof_bomb(CODECS[JPEG_LS], b"\xff\xf7"))), "b.dcm"
    ),
    "jpeg_of_its_own_size": refused(
        stack(packed(JPEG, sof_bomb(CODECS[JPEG], b"\xff\xc3"))), "b.dcm"
    ),
    "rle_of_half_a_gigabyte": refused(stack(packed(RLE, rle_bomb)), "b.dcm"),
    "deflated": refused(stack(deflate_bomb), "b.dcm"),
    "spacing_1e30": refused(
        whole_stack(PixelSpacing=["1e30", "1e30"]), "0.dcm", error=GeometryError
    ),
    "spacing_1e-30": refused(
        whole_stack(PixelSpacing=["1e-30", "1e-30"]), "0.dcm", error=GeometryError
    ),
    "place_1e300": refused(
        stack(ImagePositionPatient=[-10.0, 20.0, "1e300"]), "b.dcm", error=MedsegError
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_asks_for_too_much_is_refused_by_name(tmp_path: Path, name: str) -> None:
    check(FAULTS[name], tmp_path)
