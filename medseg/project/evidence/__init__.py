"""What a verdict rests on: masks, images, sign-offs, people and log, gathered from disk."""
