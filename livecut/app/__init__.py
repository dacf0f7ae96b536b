"""livecut.app."""
