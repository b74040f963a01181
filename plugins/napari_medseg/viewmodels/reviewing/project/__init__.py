"""The project that is open: who works, on which reading, what is waiting."""
