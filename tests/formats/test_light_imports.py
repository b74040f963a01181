"""A first look at a path loads no reader."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

HEAVY = ("SimpleITK", "pydicom", "nibabel", "imagecodecs", "isal", "scipy", "numba", "skimage")


def _loaded_after(code: str) -> set[str]:
    program = f"import json, sys\n{code}\nprint(json.dumps(sorted(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    return set(json.loads(ran.stdout)) & set(HEAVY)


def test_looking_and_saving_bytes_load_no_reader(tmp_path: Path) -> None:
    code = (
        "import medseg\n"
        "from medseg.formats import looks_readable, sidecar, atomic, lattice\n"
        "from pathlib import Path\n"
        f"looks_readable({str(tmp_path)!r})\n"
        f"atomic.write_bytes(Path({str(tmp_path / 'a.json')!r}), b'x')"
    )
    assert _loaded_after(code) == set()


def test_each_format_loads_its_own_libraries_alone(tmp_path: Path) -> None:
    import nibabel
    import numpy as np

    nibabel.save(nibabel.Nifti1Image(np.zeros((2, 2, 2), np.uint8), np.eye(4)), tmp_path / "a.nii")
    code = f"import medseg\nmedseg.read_volume({str(tmp_path / 'a.nii')!r})"
    # nibabel itself looks for pydicom and scipy, so these two prove nothing here.
    assert _loaded_after(code).isdisjoint({"SimpleITK", "imagecodecs", "numba", "skimage"})
