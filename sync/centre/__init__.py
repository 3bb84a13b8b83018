"""The situation centre: inbox, mirrors, facts, link, alarms, directives, history."""
