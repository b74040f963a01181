"""A project's settings: `medseg.toml`, written once by `medseg init` and read ever after.

It is a text for people to edit. What is in force is what the log says: a policy that was edited
here holds once somebody has entered it in the log.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from medseg.errors import FormatError
from medseg.formats import atomic
from medseg.model import Code, Segment
from medseg.model.segmentation import ABNORMAL_STRUCTURE, LESION
from medseg.strict_json import check

SCHEMA_VERSION = 1
_NAMES = {"name": str, "site": str, "origin": str, "schema": int}
_CODE = {"value": str, "scheme": str, "meaning": str}
_LABEL = {"number": int, "label": str}
_TEXT = re.compile(r"[^\x00-\x1f\x7f]+")


@dataclass(frozen=True)
class Label:
    """One line of the label set: what a reader may draw.

    Args:
        number: the value in a mask; 0 for lesions, which each take the next free one.
        label: its name.
        category: coded property category.
        type: coded property type.
    """

    number: int
    label: str
    category: Code = ABNORMAL_STRUCTURE
    type: Code = LESION

    def segment(self, number: int) -> Segment:
        """A new segment of this meaning, with a tracking UID of its own."""
        new = Segment.new_lesion(self.number or number, self.label)
        return Segment(new.number, new.label, new.tracking_uid, self.category, self.type, new.color)


@dataclass(frozen=True)
class Settings:
    """What `medseg.toml` says.

    Args:
        name: of the project, as printed.
        site: of those who work on it, as printed.
        origin: what the project's log is called; no other log has that name.
        database: a PostgreSQL URL; None for `project.db` in the folder.
        labels: the label set.
        tables: the whole file, for the policy's reader.
        schema: version of the folder's layout.
    """

    name: str
    site: str
    origin: str
    database: str | None = None
    labels: tuple[Label, ...] = (Label(0, "Lesion"),)
    tables: Mapping[str, Any] = field(default_factory=dict, hash=False)
    schema: int = SCHEMA_VERSION


def read_settings(path: Path) -> Settings:
    """The settings of a project.

    Raises:
        FormatError: the file is absent, is no TOML, lacks a part, or belongs to a later version.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise FormatError(
            f"A project folder holds {path.name}; {path.parent} does not. Name the project's own "
            "folder, or make one with: medseg init FOLDER"
        ) from error
    # A TOMLDecodeError names line and column; what is nested without end is no TOML of ours.
    except (OSError, ValueError, RecursionError) as error:
        raise FormatError(
            f"{path.name} is TOML in UTF-8; this one cannot be read: {error}."
        ) from error
    try:
        return _settings(tables)
    except (ValueError, KeyError, TypeError) as error:
        raise FormatError(
            f"{path.name} says what a project needs; in this one {error}. Correct it."
        ) from error


def write_settings(settings: Settings, rules: str, path: Path) -> None:
    """Write the file with a comment for each part.

    Args:
        settings: what it says.
        rules: the text of the stages and the policy.
        path: `medseg.toml`.

    Raises:
        FormatError: it cannot be written, or a name has a line break.
    """
    for text in (settings.name, settings.site, settings.origin):
        if not text.strip() or not _TEXT.fullmatch(text):
            raise FormatError(f"Names of project and site are one line of text; found {text!r}.")
    atomic.write_bytes(path, (_head(settings) + rules).encode())


def quoted(text: str) -> str:
    """The text as a TOML string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _head(settings: Settings) -> str:
    database = quoted(settings.database) if settings.database else None
    return f"""\
# A project of medseg. Research use only, not a medical device.
# Edit this file as text. A changed policy holds once it is entered in the log:
#   medseg policy apply

[project]
name = {quoted(settings.name)}
site = {quoted(settings.site)}
# What the log of this project is called in every signed record; never change it.
origin = {quoted(settings.origin)}
# Version of this folder's layout; medseg raises it when it migrates the folder.
schema = {settings.schema}

[database]
# Without a URL the log lies in project.db beside this file, which suits one machine.
# Teams, and folders on a network share, need a server:
{f"url = {database}" if database else '# url = "postgresql://reader@server/medseg"'}

# The label set: what readers draw. number 0 stands for lesions, each with a number of its own.
{"".join(_label_text(label) for label in settings.labels)}"""


def _label_text(label: Label) -> str:
    codes = "".join(
        f"{name} = {{ value = {quoted(code.value)}, scheme = {quoted(code.scheme)}, "
        f"meaning = {quoted(code.meaning)} }}\n"
        for name, code in (("category", label.category), ("type", label.type))
    )
    return f"[[label]]\nnumber = {label.number}\nlabel = {quoted(label.label)}\n{codes}\n"


def _settings(tables: dict[str, Any]) -> Settings:
    check(tables, {"project": _NAMES}, "medseg.toml")
    project = tables["project"]
    if project["schema"] > SCHEMA_VERSION:
        raise ValueError(
            f"the layout is of version {project['schema']}, made by a later medseg than this one, "
            f"which knows {SCHEMA_VERSION}; open it with that"
        )
    database = tables.get("database", {})
    check(database, {}, "database")
    url = database.get("url")
    if url is not None:
        check(url, str, "database.url")
    labels = tables.get("label", [])
    check(labels, [_LABEL], "label")
    return Settings(
        project["name"],
        project["site"],
        project["origin"],
        url,
        tuple(_label(table) for table in labels),
        tables,
        project["schema"],
    )


def _label(table: dict[str, Any]) -> Label:
    codes = []
    for name, default in (("category", ABNORMAL_STRUCTURE), ("type", LESION)):
        if name in table:
            check(table[name], _CODE, f"label.{name}")
            code = table[name]
            codes.append(Code(code["value"], code["scheme"], code["meaning"]))
        else:
            codes.append(default)
    return Label(table["number"], table["label"], *codes)
