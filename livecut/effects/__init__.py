"""livecut.effects."""
