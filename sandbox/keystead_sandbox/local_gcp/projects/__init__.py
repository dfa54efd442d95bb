"""Resource Manager and Service Usage: projects and their services."""
