"""livecut.pipeline."""
