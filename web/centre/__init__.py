"""The pages of the situation centre: the wall, offices, alarms, directives, history."""
