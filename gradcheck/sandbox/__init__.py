"""A submission's process: started, asked, confined, ended."""
