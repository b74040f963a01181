"""The options of the tools, each in one place whatever tool is up."""

from __future__ import annotations

from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QToolButton,
    QWidget,
)

from napari_medseg import keys
from napari_medseg.panels.looks import row_of
from napari_medseg.viewmodels.contouring.tools.easel import Easel
from napari_medseg.viewmodels.contouring.tools.options import LARGEST_MM, SMALLEST_MM
from napari_medseg.viewmodels.contouring.tools.tool import Tool

_OVER = (("over empty", "background"), ("over all", "everything"))
#: What of the choices matters while no tool is up.
_ALWAYS = ("over", "limits")
_NARROW = 88


class ToolChoices(QWidget):
    """Size, plane or ball, pen; what may be painted over, and which values.

    Args:
        easel: whose options.
    """

    done = Signal()
    """A number was typed: the canvas may have the keys again."""

    def __init__(self, easel: Easel) -> None:
        super().__init__()
        self._easel, self._options = easel, easel.options
        self._wants: tuple[str, ...] = _ALWAYS
        self._sized = "size_mm"
        self.size = self._number(SMALLEST_MM, LARGEST_MM, " mm", keys.tip("larger"))
        self.flat = _choice("2D", f"On the plane that is drawn on ({keys.shown('brush_shape')})")
        self.ball = _choice("3D", f"A ball, through the slices ({keys.shown('brush_shape')})")
        self.pen = QCheckBox("Pen")
        self.pen.setToolTip("A pen that is pressed less paints less wide")
        self.over = QComboBox()
        self.over.setToolTip("Whose voxels a tool may take; locked lesions are never changed")
        self.over.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        # A lesion's long name in the list makes the panel no wider.
        self.over.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.over.setMinimumContentsLength(8)
        self.limited = QCheckBox("Values")
        self.limited.setToolTip("Tools change only voxels whose value lies in this range")
        self.low, self.high = (self._number(-1e6, 1e6, "", "In the image's unit") for _ in "lh")
        self._lay_out()
        self._connect()

    def show_tool(self, tool: Tool | None) -> None:
        """Have at hand what matters to this tool."""
        self._wants = tool.wants if tool is not None else _ALWAYS
        self._sized = next(
            (one for one in ("reach_mm", "seed_mm") if one in self._wants), "size_mm"
        )
        self.render_state()

    def render_state(self) -> None:
        """Show what is chosen now."""
        now = self._options.now
        blocked = [QSignalBlocker(one) for one in self._inputs()]
        self.size.setPrefix("reach " if self._sized == "reach_mm" else "⌀ ")
        self.size.setValue(float(getattr(now, self._sized)))
        self.flat.setChecked(not now.is_ball)
        self.ball.setChecked(now.is_ball)
        self.pen.setChecked(now.uses_pressure)
        self._render_over()
        self.limited.setChecked(now.limits is not None)
        if now.limits is not None:
            self.low.setValue(now.limits[0])
            self.high.setValue(now.limits[1])
        del blocked
        wants = self._wants
        self.size.setEnabled(self._sized in wants)
        for widget in (self.flat, self.ball):
            widget.setEnabled("is_ball" in wants)
        self.pen.setEnabled("uses_pressure" in wants)
        for widget in (self.low, self.high):
            widget.setEnabled(now.limits is not None)

    def _render_over(self) -> None:
        session, now = self._easel.session, self._options.now
        segments = session.segmentation.segments if session is not None else ()
        wanted = [*_OVER, *((f"over {one.label}", one.number) for one in segments)]
        held = [(self.over.itemText(at), self.over.itemData(at)) for at in range(self.over.count())]
        if held != wanted:
            self.over.clear()
            for text, data in wanted:
                self.over.addItem(text, data)
        place = next((at for at, (_, data) in enumerate(wanted) if data == now.over), 0)
        self.over.setCurrentIndex(place)

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(3)
        first = row_of(self.size, self.flat, self.ball, self.over)
        first.setStretch(3, 1)
        grid.addLayout(first, 0, 0)
        grid.addLayout(row_of(self.limited, self.low, self.high, self.pen), 1, 0)
        for box in (self.low, self.high):
            box.setMaximumWidth(_NARROW)
            box.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.UpDownArrows)

    def _connect(self) -> None:
        choose = self._options.choose
        self.size.valueChanged.connect(lambda mm: choose(**{self._sized: round(mm, 1)}))
        self.flat.clicked.connect(lambda: self._choose(is_ball=False))
        self.ball.clicked.connect(lambda: self._choose(is_ball=True))
        self.pen.clicked.connect(lambda on: choose(uses_pressure=bool(on)))
        self.over.activated.connect(lambda at: choose(over=self.over.itemData(at)))
        self.limited.clicked.connect(lambda on: self._options.limit(is_on=bool(on)))
        self.low.valueChanged.connect(lambda low: self._limit(low, self.high.value()))
        self.high.valueChanged.connect(lambda high: self._limit(self.low.value(), high))

    def _choose(self, *, is_ball: bool) -> None:
        self._options.choose(is_ball=is_ball)
        self.render_state()  # also where the choice was so before, for the button is up now

    def _limit(self, low: float, high: float) -> None:
        self._options.choose(limits=(min(low, high), max(low, high)))

    def _inputs(self) -> tuple[QWidget, ...]:
        return (self.size, self.over, self.low, self.high)

    def _number(self, low: float, high: float, unit: str, tip: str) -> QDoubleSpinBox:
        box = QDoubleSpinBox()
        box.setRange(low, high)
        box.setDecimals(1 if unit else 0)
        box.setSuffix(unit)
        box.setToolTip(tip)
        box.setKeyboardTracking(False)
        box.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        box.editingFinished.connect(self.done.emit)
        return box


def _choice(text: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setCheckable(True)
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return button
