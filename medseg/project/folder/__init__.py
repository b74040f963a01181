"""A project's folder: where everything stands in it, how it is made, and how it is healed."""
