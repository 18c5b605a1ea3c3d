"""The page of the guests' network: the internet for everybody, and consents for those who want them."""
