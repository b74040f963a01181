"""The buttons that open a file, a folder, or a mask on the image shown."""

from __future__ import annotations

from qtpy.QtWidgets import QPushButton

from napari_medseg.panels.flow import Flow


class OpenButtons(Flow):
    """Three buttons in a row, or in two where the panel is narrow."""

    def __init__(self) -> None:
        self.open_file, self.open_folder = QPushButton("Open file…"), QPushButton("Open folder…")
        self.open_mask = QPushButton("Open mask…")
        self.open_file.setToolTip("Open an image, or a mask that says by its name that it is one")
        self.open_folder.setToolTip("Open a folder of DICOM files")
        self.open_mask.setToolTip("Go on with a mask, whatever its name, on the image shown")
        buttons = (self.open_file, self.open_folder, self.open_mask)
        super().__init__([(one, 1) for one in buttons], spacing=6)
