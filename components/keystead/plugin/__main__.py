"""Hosts the components for programs in any language of Pulumi: the engine starts this folder as a plugin."""

from keystead.plugin.host import main

main()
