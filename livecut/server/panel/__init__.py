"""The control panel: a page on this machine that shows what the outputs get and changes a running filter."""
