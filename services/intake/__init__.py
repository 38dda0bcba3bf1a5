"""Intake: people, encounters, situations, consents, rights reviews, hand-overs and the journal of disclosures."""
