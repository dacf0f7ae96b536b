"""Both vendors' contracts, served by livecut's own networks. Needs the extra: pip install "livecut[server]"."""
