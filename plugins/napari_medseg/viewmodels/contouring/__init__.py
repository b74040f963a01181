"""The lesions and the tools that draw them."""
