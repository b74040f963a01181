"""Several readers of one image: how far they agree, and what they agree on."""
