"""Restrictions and their compilers: one set of clauses becomes the conditions of every backend that can enforce it.

A compiler or a clause can be changed here without looking elsewhere, as long as `backends` lists what each backend
enforces.
"""
