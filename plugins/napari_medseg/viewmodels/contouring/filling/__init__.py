"""What is proposed between key slices, and what becomes of it."""
