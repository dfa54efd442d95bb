"""A local GCP: Google's discovery documents give its methods and schemas, the packages here its behaviour.

`api` holds Google's conventions, `state` the data, `methods` what every kind of resource has in common; each service
has a package of its own, and `serving` assembles them. A service is changed without looking at the others.
"""
