"""The kinds of value that properties hold, whatever the cloud: scalars, containers, structures, archives."""
