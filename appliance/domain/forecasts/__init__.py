"""The look forward: the hall run ahead many times, what a newcomer is told, what the head is advised."""
