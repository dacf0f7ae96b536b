"""How the picture is taken before anything is done with it: which part of it is shown, and how light it is."""
