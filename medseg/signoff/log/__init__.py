"""The append-only log: what an entry is, how entries are chained, and how a log is proven."""
