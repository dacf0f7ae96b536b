"""What is painted from a scene: one module an effect, composed of kernels."""
