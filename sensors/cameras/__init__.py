"""The cameras: a program of their own that counts over a line, and looks at faces only where somebody asked for it."""
