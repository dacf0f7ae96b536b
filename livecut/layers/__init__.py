"""What lies on the finished picture, over or behind the person: one module a kind of layer."""
