"""The viewer that `medseg open PATH` starts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from napari_medseg.collecting import spare_the_program
from napari_medseg.opening import is_of_project

if TYPE_CHECKING:
    from napari import Viewer

    from napari_medseg.panels.case import CasePanel


def open_viewer(
    paths: Sequence[Path], *, author: str = "", person: str = "", key: Path | None = None
) -> None:
    """Show an image, and a mask on it, and come back when the window is closed.

    Args:
        paths: the image, then masks on its grid; a mask alone opens the image it names, and what
            lies in a project's folder opens the project.
        author: the reader; empty takes the name of the computer's user.
        person: who works in the project, by id or printed name; empty asks their key.
        key: their key file; None takes the user's own.
    """
    import napari  # noqa: PLC0415 - the entry point must load without a screen

    from napari_medseg import layers  # noqa: PLC0415 - see above

    layers.warm_up()
    viewer, panel = make_viewer(author=author)
    _fill_screen(viewer)  # before the image comes, which is fitted to the window as it is then
    give_room(panel)
    panel.desk.on_screen.prepare(then=spare_the_program)
    if len(paths) == 1 and is_of_project(paths[0]):
        panel.open_project(paths[0], person=person, key=key)
    elif paths:
        panel.entrance.begin(paths[0], masks=paths[1:])
    model, home = panel.model, panel.project_model
    napari.run()
    home.close()
    model.keeping.close()  # also where Qt ended before it took the panel away


def _fill_screen(viewer: Viewer) -> None:
    """Images are read large: the window takes most of the screen, its frame included."""
    from qtpy.QtWidgets import QApplication  # noqa: PLC0415 - see open_viewer

    free = QApplication.primaryScreen().availableGeometry()
    viewer.window.resize(round(free.width() * 0.96), round(free.height() * 0.92))
    QApplication.processEvents()


def give_room(panel: CasePanel) -> None:
    """Put napari's own docks out of the way; its View menu and a key bring them back."""
    panel.desk.docks.show(False)
    panel.desk.docks.join_menu()


def make_viewer(
    paths: Sequence[Path] = (), *, author: str = "", show: bool = True
) -> tuple[Viewer, CasePanel]:
    """A napari viewer with the medseg panel, the paths opened in it; comes back at once."""
    import napari  # noqa: PLC0415 - see open_viewer

    viewer = napari.Viewer(title="medseg", show=show)
    return viewer, add_panel(viewer, paths, author=author)


def add_panel(viewer: Viewer, paths: Sequence[Path] = (), *, author: str = "") -> CasePanel:
    """The medseg panel in an existing viewer, the paths opened in it."""
    make_known()
    panel: CasePanel
    _, panel = viewer.window.add_plugin_dock_widget("medseg", "medseg")
    panel.model.set_author(author)
    open_paths(panel, paths)
    return panel


def open_paths(panel: CasePanel, paths: Sequence[Path]) -> None:
    """Open the first path as what it is, and the others as masks on it."""
    if paths:
        panel.open(paths[0], masks=paths[1:])


def make_known() -> None:
    """Tell napari of the plugin where medseg runs from a checkout that was never installed."""
    from npe2 import PluginManager, PluginManifest  # noqa: PLC0415 - see open_viewer

    manager = PluginManager.instance()
    manager.discover()
    if "medseg" not in manager:
        manager.register(PluginManifest.from_file(Path(__file__).with_name("napari.yaml")))
