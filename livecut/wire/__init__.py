"""Both vendors' HTTP contracts as pure data: what the client builds, the server parses, and back."""
