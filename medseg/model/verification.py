"""What came of checking the sign-offs of a mask."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from medseg.model.finding import Finding

# Worst first. A proven fault outranks a check that could not be made.
_EXIT_CODES = (("error", 11), ("undecided", 12), ("warning", 10))


def exit_code_of(findings: Iterable[Finding]) -> int:
    """0 where nothing worse than a note was found, 10 warnings, 12 undecided, 11 errors."""
    severities = {finding.severity for finding in findings}
    return next((code for severity, code in _EXIT_CODES if severity in severities), 0)


@dataclass(frozen=True)
class Verification:
    """The verdicts on one mask. Nothing is valid by default.

    Args:
        verdicts: all findings of all checks, in the order of the checks; a check that passed
            in full leaves the note VALID.
    """

    verdicts: tuple[Finding, ...]

    @property
    def exit_code(self) -> int:
        """0 valid, 10 valid with warnings, 11 invalid, 12 could not decide (the worst wins)."""
        code = exit_code_of(self.verdicts)
        was_found_valid = any(verdict.code == "VALID" for verdict in self.verdicts)
        return code if code in (11, 12) or was_found_valid else 12

    def __bool__(self) -> bool:
        return self.exit_code in (0, 10)

    def to_json(self) -> dict[str, Any]:
        """The verification as plain JSON values."""
        return {
            "exit_code": self.exit_code,
            "valid": bool(self),
            "verdicts": [verdict.to_json() for verdict in self.verdicts],
        }
