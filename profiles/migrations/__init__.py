"""Owns the history of the database schema."""
