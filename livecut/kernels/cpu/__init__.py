"""livecut.kernels.cpu."""
