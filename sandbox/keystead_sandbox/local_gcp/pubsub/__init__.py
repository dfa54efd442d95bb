"""Pub/Sub: topics, subscriptions, and messages pulled or pushed, with dead letters and retention."""
