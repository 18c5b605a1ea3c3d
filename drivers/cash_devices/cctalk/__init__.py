"""ccTalk: coin acceptors, bill validators and hoppers on one wire."""
