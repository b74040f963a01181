"""The images of a project: found, brought in, and known again."""
