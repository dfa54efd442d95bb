"""How results look: tables in the colour of their environment, JSON documents, dates, documents from templates.

The JSON documents are read by programs: fields are only ever added. Tables and templates can change without looking
elsewhere.
"""
