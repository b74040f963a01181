"""Ruler, 3D view, image beside, keys and napari's docks in a real window, with real events."""

from __future__ import annotations

import time

import numpy as np
import pytest

from tests.plugin.test_window_planes import mouse

pytestmark = pytest.mark.qt


def settle(times: int = 12) -> None:
    from qtpy.QtWidgets import QApplication

    for _ in range(times):
        QApplication.processEvents()
        time.sleep(0.02)


def wait_for(happened, seconds: float = 20.0) -> None:
    until = time.monotonic() + seconds
    while not happened() and time.monotonic() < until:
        settle(1)
    assert happened()


def drag(view, start, end) -> None:
    """A left drag between two shown indices on a plane's canvas."""
    places = [np.array(point) * np.asarray(view.image.scale) for point in (start, end)]
    first, last = (
        view.marks.on_canvas(tuple(place[list(view.viewer.dims.displayed)])) for place in places
    )
    middle = (first + last) / 2
    mouse(view, "MouseMove", first.x(), first.y())
    mouse(view, "MouseButtonPress", first.x(), first.y())
    for at in (middle, last):
        mouse(view, "drag", at.x(), at.y())
    mouse(view, "MouseButtonRelease", last.x(), last.y())


def test_measuring_docks_keys_and_an_image_beside_in_the_window(window, image_path):
    viewer, panel = window(image_path, show=True)
    viewer.window.resize(1300, 760)
    desk, screen = panel.desk, panel.desk.screen
    settle()

    desk.docks.show(True)
    narrow = screen.views[0].canvas.width()
    desk.commands["docks"]()
    settle()
    assert not desk.docks.are_shown
    assert screen.views[0].canvas.width() > narrow + 100
    assert screen.views[0].is_fitted  # refitted to the new size

    desk.commands["ruler"]()
    view = screen.views[0]
    drag(view, (5, 10, 10), (5, 30, 40))
    (drawn,) = panel.model.session.segmentation.calipers
    assert drawn.longest_mm == pytest.approx(np.hypot(20, 30), abs=1.5)
    assert any("mm" in getattr(shape, "text", "") for shape in view.marks.shapes)
    desk.commands["undo"]()
    assert panel.model.session.segmentation.calipers == ()
    desk.commands["cancel"]()

    panel.beside.open(image_path)
    wait_for(lambda: desk.prior.volume is not None)
    wait_for(lambda: screen.beside is not None and screen.beside.image is not None)
    settle()
    assert any("linked" in line for line in screen.beside.view.marks.caption)

    desk.commands["all_keys"]()
    settle(2)
    assert panel.key_list.isVisible()
    assert not panel.key_list.isModal()
    panel.key_list.search.setText("ruler two words that nothing has")
    assert "No key" in panel.key_list.text.toPlainText()
    panel.key_list.search.setText("shift+r")
    assert "Measure a length" in panel.key_list.text.toPlainText()
    desk.commands["all_keys"]()
    assert not panel.key_list.isVisible()
    assert all(button.toolTip() for button in panel.looking.buttons.values())


def sight_of(model) -> tuple[float, ...]:
    """From where a 3D canvas is looked at: zoom, centre and angles."""
    camera = model.scene.camera
    return tuple(map(float, (camera.zoom, *camera.center, *camera.angles)))


def test_a_first_surface_leaves_the_camera_where_it_is(screen):
    from napari.components import ViewerModel
    from napari.layers import Surface

    from napari_medseg.views.looking.scene_pane import add_unmoved

    corners = np.array([[0, 0, 0], [0, 90, 0], [90, 0, 40]], float)
    ours, theirs = ViewerModel(ndisplay=3), ViewerModel(ndisplay=3)
    for model in (ours, theirs):
        camera = model.scene.camera
        camera.zoom, camera.center, camera.angles = 7.0, (1.0, 2.0, 3.0), (10.0, 20.0, 30.0)
    before = sight_of(ours)
    add_unmoved(ours, Surface((corners, np.array([[0, 1, 2]]))))
    assert len(ours.layers) == 1
    assert sight_of(ours) == before
    theirs.add_layer(Surface((corners, np.array([[0, 1, 2]]))))
    assert sight_of(theirs) != before  # napari by itself goes to its first layer


def test_lesions_are_seen_in_3d_and_planes_zoom_together_when_linked(window, image_path):
    from napari.utils.colormaps import AVAILABLE_COLORMAPS

    viewer, panel = window(image_path, show=True)
    viewer.window.resize(1300, 760)
    screen = panel.desk.screen
    settle()

    # Somebody turns and enlarges the empty scene; no surface that comes or goes takes that back.
    panel.layout_model.choose("two by two")
    wait_for(lambda: screen.scene is not None and screen.scene.widget.isVisible())
    settle()
    camera = screen.scene.model.scene.camera
    camera.angles, camera.zoom = (5.0, 30.0, 40.0), camera.zoom * 0.9
    turned = sight_of(screen.scene.model)

    lesions = panel.model.lesions
    for index in (3, 8):
        circle = [[20 + 8 * np.sin(t), 25 + 8 * np.cos(t)] for t in np.linspace(0, 6, 24)]
        lesions.add_outline(index, circle)
    wait_for(lambda: screen.scene.layer is not None)
    wait_for(lambda: not screen.scene.surfaces.is_stale)
    settle()
    assert sight_of(screen.scene.model) == turned
    shown = screen.scene.widget.screenshot(flash=False).astype(int)
    orange = (shown[..., 0] > 90) & (shown[..., 2] < 70) & (shown[..., 1] < shown[..., 0])
    assert orange.sum() > 60  # the lesion is there, in its colour
    # napari's boxes are as wide as the longest name; a long one takes the canvas of later windows.
    assert max(map(len, AVAILABLE_COLORMAPS)) < 40
    before = screen.scene.surfaces.surfaces[1]
    lesions.add_outline(5, [[10, 10], [10, 40], [30, 40], [30, 10]])
    wait_for(lambda: screen.scene.surfaces.surfaces.get(1) is not before)
    wait_for(lambda: not screen.scene.surfaces.is_stale)
    settle()
    assert sight_of(screen.scene.model) == turned

    seen = [one for one in screen.views if one.canvas.isVisible()]
    zooms = [one.viewer.scene.camera.zoom for one in seen]
    seen[0].viewer.scene.camera.zoom *= 2
    assert [one.viewer.scene.camera.zoom for one in seen[1:]] == zooms[1:]  # each by itself
    panel.reading.toggle_linked()
    seen[0].viewer.scene.camera.zoom *= 1.5
    assert len(seen) == 3
    for one in seen:
        assert one.viewer.scene.camera.zoom == pytest.approx(3 * zooms[0])
