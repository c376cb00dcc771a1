"""The same object, but its row changed → small statements that lead back, catalog by catalog."""
