"""API4AI's People Photo Background Removal."""
