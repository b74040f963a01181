"""The lesions: listed, measured, coded, and how they look."""
