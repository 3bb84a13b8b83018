"""What lies on paper: the slip as a picture, and the template that an office can change."""
