"""What is open, and what else is there."""
