"""The joint matte and depth network: its layers, data, losses and measures, shared by the scripts in tools/."""
