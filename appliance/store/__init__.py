"""The only place that knows SQLite: the schema, the one writer, loading, verifying, and tables for reading."""
