"""One office: the queue, its paper, its screens."""
