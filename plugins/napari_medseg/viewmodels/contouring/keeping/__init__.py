"""Whether the work is safe: saving, autosave, and what a crash left."""
