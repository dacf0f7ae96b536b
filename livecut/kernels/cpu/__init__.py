"""Kernels for the CPU: numba, OpenCV and numpy on raw arrays."""
