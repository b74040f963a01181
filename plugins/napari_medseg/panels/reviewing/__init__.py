"""The pages and windows of review."""
