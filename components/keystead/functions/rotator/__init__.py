"""The rotator: the rotation contract, the hourly sweep, the strategies, and one handler per cloud."""
