"""A simulated ccTalk bus with a coin acceptor, a hopper and a bill validator."""
