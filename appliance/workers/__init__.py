"""What runs beside the rules: the clock, printing, announcing, health."""
