"""Other people's trackers: what a task looks like there, and the requests that put it there."""
