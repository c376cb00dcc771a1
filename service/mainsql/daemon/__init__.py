"""The Twisted shell: when to poll and when to deploy, in which thread, and how to stop."""
