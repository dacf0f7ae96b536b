"""livecut.server."""
