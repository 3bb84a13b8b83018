"""The schema's truth: numbered SQL files, applied in order, counted by PRAGMA user_version."""
