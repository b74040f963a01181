"""The policy's part of `medseg.toml`, as a text that explains itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from medseg.model import Policy
from medseg.project.folder.settings import quoted
from medseg.review.policy import policy_json

# A comment above each table: what it rules, and what may stand there.
_COMMENTS = {
    "policy": (
        "The rules. self_attested: one person does everything, and each sign-off says so.\n"
        "# proven: a hand-in and a change of these rules are signed by the key of who makes them."
    ),
    "policy.stages": "The stages, in the order of the work; review and adjudicate can be false.",
    "policy.stages.annotate": (
        "roles: who may act. persons: how many different ones. blind: nobody sees others' work\n"
        '# before their own is done. coverage: which slices must have been displayed: "none",\n'
        '# "labelled" or "all".'
    ),
    "policy.double": (
        "Several readings of one case, and how they become one. consensus where they agree:\n"
        '# "first", "majority" or "staple". adjudication where they do not: "select" or "edit".\n'
        '# order of time points: "sequential" (each locked before the next is read) or "random".'
    ),
    "policy.double.trigger": "What counts as disagreement; false switches one off.",
    "policy.checks": 'Rule checks before a submission: "off", "warn" or "block".',
    "policy.gold": 'Cases of known truth among the work. feedback: "instant" or "delayed".',
}


def rules_text(policy: Policy) -> str:
    """The policy as TOML, each table with its comment."""
    return "\n".join(_tables("policy", policy_json(policy)))


def _tables(name: str, table: Mapping[str, Any]) -> list[str]:
    plain = {key: value for key, value in table.items() if not isinstance(value, Mapping)}
    inner = {key: value for key, value in table.items() if isinstance(value, Mapping)}
    lines = []
    if plain or name in _COMMENTS:
        comment = [f"# {_COMMENTS[name]}"] if name in _COMMENTS else []
        rows = [f"{key} = {_value(value)}" for key, value in plain.items()]
        lines = ["\n".join([*comment, f"[{name}]", *rows, ""])]
    for key, value in inner.items():
        lines += _tables(f"{name}.{key}", value)
    return lines


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, list):
        return f"[{', '.join(_value(one) for one in value)}]"
    return repr(value)
