"""livecut.inference."""
