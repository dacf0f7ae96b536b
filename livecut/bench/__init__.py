"""livecut.bench."""
