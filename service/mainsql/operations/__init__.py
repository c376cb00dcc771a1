"""The verbs: deploy, roll back, tell. Plain functions that block; command line and daemon call them."""
