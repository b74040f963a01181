"""One patient at several times: which lesion is which, and how it responds."""
