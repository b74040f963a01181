"""The words that a lesion is coded with: kinds of lesions, and regions of the body.

A short list of what is drawn most, so that choosing a code takes a second. Any other code stays
as it was read; nothing here limits what a segment may carry.

Reference:
    DICOM PS3.16 CID 7150 (Segmentation Property Category), CID 7151 and 7159 (Segmentation
    Property Type, Lesion Segmentation Type), CID 4 (Anatomic Region). Infarct is SNOMED CT's
    alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from medseg.model.segmentation import ABNORMAL_STRUCTURE, LESION, Code


@dataclass(frozen=True)
class LesionKind:
    """A kind of lesion: what it is (type) among what (category).

    Args:
        type: coded property type.
        category: coded property category.
    """

    type: Code
    category: Code = ABNORMAL_STRUCTURE

    @property
    def name(self) -> str:
        """What people call it."""
        return self.type.meaning


ANATOMICAL_STRUCTURE = Code("91723000", "SCT", "Anatomical Structure")


def _codes(table: tuple[tuple[str, str], ...]) -> tuple[Code, ...]:
    return tuple(Code(value, "SCT", meaning) for value, meaning in table)


#: What lesions are, the commonest first.
KINDS = (
    LesionKind(LESION),
    *map(
        LesionKind,
        _codes(
            (
                ("27925004", "Nodule"),
                ("4147007", "Mass"),
                ("367643001", "Cyst"),
                ("108369006", "Neoplasm"),
                ("372087000", "Neoplasm, Primary"),
                ("14799000", "Neoplasm, Secondary"),
                ("50960005", "Hemorrhage"),
                ("35566002", "Hematoma"),
                ("55641003", "Infarct"),
                ("79654002", "Edema"),
                ("6574001", "Necrosis"),
                ("44132006", "Abscess"),
                ("409774005", "Inflammation"),
                ("396339007", "Thrombus"),
                ("55584005", "Embolus"),
                ("18115005", "Pathologic calcification"),
                ("112674009", "Fibrosis"),
                ("85659009", "Aneurysm"),
            )
        ),
    ),
    LesionKind(Code("59441001", "SCT", "Lymph Node"), ANATOMICAL_STRUCTURE),
)

#: Where lesions are, from head to foot.
REGIONS = _codes(
    (
        ("12738006", "Brain"),
        ("119238007", "Brain Stem"),
        ("113305005", "Cerebellum"),
        ("2748008", "Spinal cord"),
        ("363654007", "Orbital structure"),
        ("45048000", "Neck"),
        ("54066008", "Pharynx"),
        ("4596009", "Larynx"),
        ("45289007", "Parotid gland"),
        ("69748006", "Thyroid"),
        ("816094009", "Thorax"),
        ("39607008", "Lung"),
        ("45653009", "Upper lobe of lung"),
        ("72481006", "Middle lobe of right lung"),
        ("90572001", "Lower lobe of lung"),
        ("3120008", "Pleura"),
        ("72410000", "Mediastinum"),
        ("80891009", "Heart"),
        ("15825003", "Aorta"),
        ("76752008", "Breast"),
        ("32849002", "Esophagus"),
        ("818981001", "Abdomen"),
        ("10200004", "Liver"),
        ("28231008", "Gallbladder"),
        ("15776009", "Pancreas"),
        ("78961009", "Spleen"),
        ("64033007", "Kidney"),
        ("23451007", "Adrenal gland"),
        ("69695003", "Stomach"),
        ("30315005", "Small intestine"),
        ("71854001", "Colon"),
        ("34402009", "Rectum"),
        ("82849001", "Retroperitoneum"),
        ("816092008", "Pelvis"),
        ("89837001", "Bladder"),
        ("41216001", "Prostate"),
        ("35039007", "Uterus"),
        ("15497006", "Ovary"),
        ("40689003", "Testis"),
        ("421060004", "Spine"),
        ("122494005", "Cervical spine"),
        ("122495006", "Thoracic spine"),
        ("122496007", "Lumbar spine"),
        ("54735007", "Sacrum"),
        ("113197003", "Rib"),
        ("71341001", "Femur"),
        ("85050009", "Humerus"),
        ("39937001", "Skin"),
        ("87784001", "Soft tissue"),
    )
)


def kind_of(type_code: Code) -> LesionKind | None:
    """The kind whose type has this value and scheme; None if it is not on the list."""
    wanted = (type_code.scheme, type_code.value)
    return next((kind for kind in KINDS if (kind.type.scheme, kind.type.value) == wanted), None)


def code_in_words(kind: Code, region: Code | None) -> str:
    """What a lesion is and where: "Nodule, Lung"; "Lesion" where no region is known."""
    return kind.meaning if region is None else f"{kind.meaning}, {region.meaning}"
