"""The composition root and what both front ends ask of it."""
