"""Right forwards, their caches in the open, each with its right backward where several need it."""
