"""livecut.wire."""
