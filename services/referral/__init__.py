"""Referral: the life of a referral, its clocks, and the coordinators’ board."""
