"""What a comparison changes on the screen."""
