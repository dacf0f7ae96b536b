"""livecut.sources."""
