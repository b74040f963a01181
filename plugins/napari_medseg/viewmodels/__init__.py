"""What a panel shows and does; psygnal, no Qt, no napari."""
