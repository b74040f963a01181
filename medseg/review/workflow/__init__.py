"""What may happen to a case next, and what a log of acts makes of it."""
