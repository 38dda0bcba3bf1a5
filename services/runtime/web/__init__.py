"""The web shell that every service's pages run in."""
