"""The nouns of shared work: who does what on which case, by which rules, and what they saw."""
