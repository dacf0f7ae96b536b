"""Clients for the two remote services; the only importer of httpx beside the model store."""
