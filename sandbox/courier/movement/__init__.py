"""Parcels, the statuses they have, what moves them and how the seller hears of it."""
