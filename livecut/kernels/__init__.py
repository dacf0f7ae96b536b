"""livecut.kernels."""
