"""The crash journal: every change on the disk in a second, and back in a mask after a crash."""
