"""The page of a report, its parts one by one."""
