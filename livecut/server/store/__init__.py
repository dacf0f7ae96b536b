"""What the server keeps: API keys, credits, and requests counted across processes."""
