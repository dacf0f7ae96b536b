"""The edge: bodies read within bounds, who may ask, and what an answer looks like on the wire."""
