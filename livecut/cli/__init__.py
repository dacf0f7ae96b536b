"""livecut.cli."""
