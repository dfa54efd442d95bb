"""What a check writes: SARIF, JUnit and JSON, with ids that stay the same from run to run."""
