"""Speech engines behind one protocol, and what is done to their audio."""
