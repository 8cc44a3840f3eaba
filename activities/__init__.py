"""The side effects a workflow asks for: classes that receive ports."""
