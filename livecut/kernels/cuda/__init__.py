"""Kernels for NVIDIA GPUs (numba-cuda): the CPU kernels' names over memory that stays on the device."""
