"""livecut.sinks."""
