"""Rule checks on a reading before it is handed in."""
