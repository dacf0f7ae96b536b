"""Pictures from and for strangers: decoded apart from the server, encoded within it."""
