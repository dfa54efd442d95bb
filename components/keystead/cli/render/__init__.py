"""How results look: tables in the colour of their environment, JSON documents, dates."""
