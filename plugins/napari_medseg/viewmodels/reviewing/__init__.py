"""Who reads what, and what becomes of it: the worklist, hand-ins, judgements, sign-offs."""
