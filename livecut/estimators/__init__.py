"""livecut.estimators."""
