"""HTTP under /api/v1: typed routes, problems, the live feed."""
