"""Measures what the product promises about speed and memory; figures for people to read, never a timed test."""
