"""Resources as rules read them: properties, tags, policy documents, grants, durations and credentials in text.

Rules and the engine import these modules; they import only each other. A reader for a further format is a further
module here and changes nothing else.
"""
