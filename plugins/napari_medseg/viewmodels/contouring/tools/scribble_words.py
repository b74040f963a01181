"""What is said of scribbles."""

from __future__ import annotations

ONE_KIND = (
    "Scribble on what is not the lesion too, with Shift held, and on the lesion without: what "
    "each reaches first is proposed."
)
WORKING = "What the scribbles reach is being worked out."
DASHED = "Dashed is what changes: Return takes it, Esc gives it up, Backspace the last scribble."
COMES = "It is being worked out, and taken as soon as it is there; Ctrl+Z gives that up."
GONE = "What was scribbled for it is given up."
TAKEN = "what the scribbles reach is taken."
NOTHING = "The scribbles reach nothing new; scribble further out."
