"""A day written as text, played through the real mailbox, debounce and printer on an accelerated clock."""
