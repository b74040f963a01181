"""Qt widgets: build, connect, render. No decisions."""
