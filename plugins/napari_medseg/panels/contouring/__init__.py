"""The lesions, the tools, and filling."""
