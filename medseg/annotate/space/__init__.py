"""Contouring in three dimensions: surfaces through contours, ellipsoids, a lasso in depth."""
