"""Small studies on disk for the tests of this room and of export."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np

from medseg import project
from medseg.formats import read_volume, sidecar, write_segmentation
from medseg.model import Segmentation, Volume
from medseg.signoff import SigningKey
from tests.phantoms import ramp_volume
from tests.signoff.cases import key_of, three_lesions


@dataclass(frozen=True)
class Folder:
    """An image and a mask on disk, and a key."""

    root: Path
    image: Path
    mask: Path
    key: SigningKey

    @classmethod
    def make(cls, root: Path, segmentation: Segmentation | None = None) -> Folder:
        root.mkdir(parents=True, exist_ok=True)
        image = save_image(ramp_volume(), root / "image.nii.gz")
        mask = root / "lesions.nii.gz"
        write_segmentation(segmentation or three_lesions(), mask, image=read_volume(image).source)
        return cls(root, image, mask, key_of())

    def sign(self, **options: Any) -> Path:
        return project.sign(self.mask, self.key, **options)

    def verify(self, mask: Path | None = None, **options: Any) -> Any:
        return project.verify(mask or self.mask, **{"trust": [self.key.keyid], **options})

    def statements(self) -> list[dict[str, Any]]:
        lines = sidecar.signoff_path(self.mask).read_bytes().splitlines()
        return [json.loads(base64.b64decode(json.loads(line)["payload"])) for line in lines]


def save_image(volume: Volume, path: Path) -> Path:
    to_ras = np.diag([-1.0, -1.0, 1.0, 1.0])
    affine = to_ras @ volume.geometry.affine[:, [2, 1, 0, 3]]
    nib.save(nib.Nifti1Image(volume.voxels.transpose(2, 1, 0), affine), path)
    return path
