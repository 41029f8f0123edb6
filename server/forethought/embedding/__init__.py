"""Turns texts into vectors whose angles say how close their meanings are."""
