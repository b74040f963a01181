"""The verdicts: one module per step, in the order in which a sign-off is judged."""
