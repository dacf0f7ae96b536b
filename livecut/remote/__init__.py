"""livecut.remote."""
