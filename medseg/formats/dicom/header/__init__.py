"""What a file says before its pixels: scanned or parsed, and turned into plain facts of a slice."""
