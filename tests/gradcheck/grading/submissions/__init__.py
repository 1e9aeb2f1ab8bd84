"""Submissions as students write them, for the grader's tests."""
