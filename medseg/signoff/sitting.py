"""A sitting: the time during which one person at one desk signs.

The first signature asks for id and passphrase, each next one for the passphrase. Whoever leaves
the desk is asked for both again, as is whoever comes after them. The key itself is never kept:
it is unlocked for one signature and let go.

Reference:
    21 CFR 11.200(a)(1) and 11.300(d): two components at first, one later in a continuous
    period of access, and attempts at misuse detected.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from medseg.errors import SignoffError
from medseg.signoff.keys import SigningKey, describe_key, unlock_key

IDLE_SECONDS = 15 * 60.0
# The first tries are free; then each wrong one doubles the wait, up to five minutes.
_FREE_TRIES = 3
_LONGEST_WAIT_SECONDS = 300.0

FindKey = Callable[[str], bytes]
OnFailure = Callable[[str, int], None]


@dataclass(frozen=True, eq=False)
class Unlocked:
    """A key for one signature.

    Args:
        key: the unlocked key.
        session_first: whether id and passphrase were both asked for.
    """

    key: SigningKey
    session_first: bool


class Sitting:
    """Who sits at the desk, and since when nothing was done.

    Args:
        find_key: id of a person or key -> content of the key's file; refuses an unknown one.
        clock: seconds that only go forward.
        idle_seconds: after how long without a sign of life everything is asked for again.
        on_failure: is told key id and count of each wrong passphrase, for the log's entry
            `failed-auth`.
    """

    def __init__(
        self,
        find_key: FindKey,
        *,
        clock: Callable[[], float] = time.monotonic,
        idle_seconds: float = IDLE_SECONDS,
        on_failure: OnFailure | None = None,
    ) -> None:
        self._find_key = find_key
        self._clock = clock
        self._idle_seconds = idle_seconds
        self._on_failure = on_failure
        self._signer: str | None = None
        self._last = clock()
        # By key id, and not forgotten when the desk is locked: a thief would lock it.
        self._failures: dict[str, int] = {}
        self._not_before: dict[str, float] = {}

    @property
    def signer(self) -> str | None:
        """The id that was given, while the sitting lasts; None when both are asked for."""
        idle = self._clock() - self._last
        if not 0 <= idle < self._idle_seconds:  # a clock that runs back proves no presence
            self.lock()
        return self._signer

    def touch(self) -> None:
        """Note a sign of life; a sitting that had ended stays ended."""
        if self.signer is not None:
            self._last = self._clock()

    def lock(self) -> None:
        """End the sitting."""
        self._signer = None

    def failures(self, keyid: str) -> int:
        """How many wrong passphrases there were for that key since the last right one."""
        return self._failures.get(keyid, 0)

    def unlock(self, passphrase: str, *, signer: str | None = None) -> Unlocked:
        """The key for the next signature.

        Args:
            passphrase: the key's; asked for at each signature.
            signer: id of person or key; needed where `self.signer` is None. Another id than
                the present one begins a new sitting.

        Raises:
            SignoffError: no id was given and one is needed, nobody has it, the passphrase is
                wrong, or one has to wait after several wrong ones.
        """
        present = self.signer
        wanted = signer or present
        if wanted is None:
            raise SignoffError(
                "The first signature of a sitting needs id and passphrase, and so does the first "
                "after a pause; no id was given."
            )
        data = self._find_key(wanted)
        keyid = str(describe_key(data)["keyid"])
        self._check_wait(keyid)
        try:
            key = unlock_key(data, passphrase)
        except SignoffError:
            self._failed(keyid)
            raise
        self._failures.pop(keyid, None)
        self._not_before.pop(keyid, None)
        self._signer, self._last = wanted, self._clock()
        return Unlocked(key, session_first=wanted != present)

    def _check_wait(self, keyid: str) -> None:
        wait = self._not_before.get(keyid, 0.0) - self._clock()
        if wait > 0:
            raise SignoffError(
                f"After {self.failures(keyid)} wrong passphrases one waits; try again in "
                f"{wait:.0f} s. If it was not you who tried, tell the registry's keeper."
            )

    def _failed(self, keyid: str) -> None:
        self.lock()
        count = self._failures[keyid] = self.failures(keyid) + 1
        if count >= _FREE_TRIES:
            wait = min(2.0 ** (count - _FREE_TRIES), _LONGEST_WAIT_SECONDS)
            self._not_before[keyid] = self._clock() + wait
        if self._on_failure is not None:
            self._on_failure(keyid, count)
