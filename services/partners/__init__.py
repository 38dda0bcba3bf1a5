"""Partners: the directory, identity and sessions, and the pages and systems of partner desks."""
