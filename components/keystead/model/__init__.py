"""Facts without behaviour: clouds, naming per cloud, tiers, principals, regions, durations, timestamps, errors.

Every other package may import it and it imports none of them, so a change here needs a look at the users of what
changed. Names, ARNs and labels are computed here and nowhere else. What differs between clouds is a method of `Scope`
or an entry in a mapping by cloud.
"""
