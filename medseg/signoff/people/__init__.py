"""The registry of people: who owns which key, in which roles, on whose word."""
