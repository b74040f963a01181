"""What was typed in windows that were closed before anything was done."""

from __future__ import annotations

from napari_medseg.panels.reviewing.act_dialog import ActDialog, Draft, Told

#: The kind of the window, who works, and what it is about: a reading, or cases.
Key = tuple[str, str, str]


class Drafts:
    """Given back to the next window of the same kind, person and reading, and to no other.

    They last as long as the panel; a passphrase is never among them.
    """

    def __init__(self) -> None:
        self._kept: dict[Key, tuple[Told, Draft]] = {}

    def keep(self, key: Key, dialog: ActDialog) -> None:
        """Keep what was typed in a window that closes."""
        if dialog.draft and not dialog.acting.is_done:
            self._kept[key] = (dialog.acting, dialog.draft)

    def give_back(self, key: Key, dialog: ActDialog) -> None:
        """Put what was typed before into a window, unless it was done meanwhile."""
        if key in self._kept:
            told, draft = self._kept.pop(key)
            if not told.is_done:
                dialog.take_up(draft)
