"""What the operating system or a library raises about a file, said in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from medseg.errors import FormatError, MedsegError


@contextmanager
def refusing_in_words(path: Path, doing: str) -> Iterator[None]:
    """Within it, whatever goes wrong with the file comes out as a MedsegError naming it.

    Damaged files make the libraries below raise nearly anything, so all of it is caught here;
    errors that are ours already pass unchanged.

    Args:
        path: the file in hand.
        doing: what was being done, as "reading".

    Raises:
        FormatError: the file cannot be reached, does not fit into memory, or is damaged.
    """
    try:
        yield
    except MedsegError:
        raise
    except MemoryError as error:
        raise FormatError(
            f"A file is read into memory whole; {path.name} does not fit. Close other programs, "
            "or check its header: a damaged one asks for far too much."
        ) from error
    except OSError as error:
        raise FormatError(
            f"{doing.capitalize()} {path.name} failed: {error.strerror or error}. "
            f"Check that {path} exists, that you may access it, and that it is whole."
        ) from error
    except Exception as error:
        raise FormatError(
            f"{doing.capitalize()} {path.name} failed because it is damaged or not what its "
            f"name says: {error}. Copy or export it again."
        ) from error
