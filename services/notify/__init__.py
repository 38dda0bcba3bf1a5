"""Notify: who must be told, when, by which means, and the ledger of it."""
