"""The commands: one literal table; a module is imported when its command is the one asked for."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import typer

#: Name -> module of this room, the command's function or group in it, the first line of its help.
COMMANDS: dict[str, tuple[str, str, str]] = {
    "demo": (
        "demo.story",
        "demo",
        "Tell the whole story without a screen: contour, reject, correct, sign, lock, verify.",
    ),
    "info": (
        "showing",
        "info",
        "Say in plain words what is there and what is odd about its geometry.",
    ),
    "open": ("opening", "open_viewer", "Open an image, a mask, or a project in the viewer."),
    "interpolate": (
        "contouring",
        "interpolate",
        "Fill every segment between its key slices, and say what was filled and what skipped.",
    ),
    "measure": (
        "measuring",
        "measure",
        "Measure every segment: volume, diameters, intensity, each with its definition.",
    ),
    "compare": (
        "comparing",
        "compare",
        "Compare a mask with a reference: overlap, distances, and lesion by lesion.",
    ),
    "agreement": (
        "comparing",
        "agreement",
        "Compare two or more readers of one image; lesions are the same by their label.",
    ),
    "followup": (
        "following",
        "followup",
        "Follow lesions over time: new, gone, grown, shrunk; and the response of targets.",
    ),
    "init": (
        "projects",
        "init",
        "Make a project: a plain folder with its rules, its people, and an append-only log.",
    ),
    "people": ("people", "people_app", "Who works in a project."),
    "key": ("signing", "key_app", "Keys that people sign with."),
    "policy": ("logs", "policy_app", "The rules of a project."),
    "import": (
        "projects",
        "import_",
        "Take images into a project as cases with opaque ids; what is known is left alone.",
    ),
    "assign": ("worklists", "assign", "Give a case to a reader, or a reading to a reviewer."),
    "distribute": (
        "worklists",
        "distribute",
        "Assign every case that waits, by load and specialty, as the policy says.",
    ),
    "worklist": (
        "worklists",
        "show_worklist",
        "List what you are to do next, or where each case stands.",
    ),
    "submit": (
        "reviewing",
        "submit",
        "Hand in a reading as its mask is saved; the rule checks speak first.",
    ),
    "handover": (
        "reviewing",
        "handover",
        "Hand a reading to the next person, with what is open and not displayed yet.",
    ),
    "review": ("reviewing", "review_app", "Judge a reading, and talk about it."),
    "sign": (
        "signing",
        "sign",
        "Sign exactly the voxels of a saved mask, on exactly its image.",
    ),
    "lock": (
        "judging",
        "lock",
        "Make a signed reading final, signed; medseg saves over its mask no more.",
    ),
    "unlock": (
        "judging",
        "unlock",
        "Open a signed or locked reading for changes, signed, with the reason.",
    ),
    "verify": (
        "signing",
        "verify",
        "Check every sign-off: 0 valid, 10 with warnings, 11 invalid, 12 could not decide.",
    ),
    "log": ("logs", "log_app", "The append-only log of a project."),
    "export": (
        "sharing",
        "export",
        "Write what is signed as NIfTI with sidecar, sign-offs and table; nothing unsigned.",
    ),
    "selftest": (
        "selftest",
        "selftest",
        "Check this installation: versions, known answers, keys, disk, database and clock.",
    ),
}


def app_for(wanted: str | None) -> typer.Typer:
    """The application with one command in full; of the others the help knows name and line.

    Args:
        wanted: the command that is run; None, or no name of the table, loads no module.
    """
    app = typer.Typer(
        name="medseg",
        help="Lesion contouring with interpolation between slices, and sign-offs bound to voxels. "
        "Research use only; not a medical device.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    for name, (_module, _attribute, line) in COMMANDS.items():
        if name != wanted:
            app.command(name, help=line)(_not_loaded)
            continue
        found = loaded(name)
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=name)
        else:
            app.command(name)(found)
    return app


def loaded(name: str) -> typer.Typer | Callable[..., None]:
    """The function or group of a command, its module imported."""
    module, attribute, _line = COMMANDS[name]
    found: typer.Typer | Callable[..., None] = getattr(
        import_module(f"medseg.cli.{module}"), attribute
    )
    return found


def _not_loaded() -> None:
    """Stand for a command that is not run."""
