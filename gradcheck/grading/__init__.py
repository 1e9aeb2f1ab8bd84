"""Submissions, points, and the reference that they are held to."""
